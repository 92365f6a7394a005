// SPDX-License-Identifier: GPL-2.0-only
/*
 * SO_PEEK_OFF: where the next MSG_PEEK looks. It stands in the midst of what waits; whoever else looks
 * at the queue meanwhile must leave it there.
 *
 * criu 4.2 forgets it.
 */
#include "socket.h"

static int sk[2];

static void expect_peek(const char *text)
{
	char got[16] = "";

	EXPECT_EQ(recv(sk[1], got, strlen(text), MSG_PEEK | MSG_DONTWAIT), strlen(text));
	EXPECT_STR(got, text);
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	t_set_sockopt(sk[1], SO_PEEK_OFF, 0);
	t_send(sk[0], "abc");
	t_send(sk[0], "defghi");
	t_send(sk[0], "jkl");
	expect_peek("abc");
	if (variant->arg == SOCK_STREAM)
		expect_peek("de");
}

static void check(void)
{
	bool stream = variant->arg == SOCK_STREAM;

	EXPECT_EQ(t_sockopt(sk[1], SO_PEEK_OFF), stream ? 5 : 3);
	EXPECT_EQ(t_sockopt(sk[0], SO_PEEK_OFF), -1);
	expect_peek(stream ? "fg" : "defghi");
	EXPECT_RECV(sk[1], "abc");
	EXPECT_EQ(t_sockopt(sk[1], SO_PEEK_OFF), stream ? 4 : 6);
	EXPECT_RECV(sk[1], "defghi");
	EXPECT_RECV(sk[1], "jkl");
	EXPECT_EMPTY(sk[1]);
}

ZDTM_TEST = {
	.doc = "the offset that MSG_PEEK looks at",
	.object = "sockopt",
	.needs = LIST("unix.peek_off_stream"),
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
			     { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
