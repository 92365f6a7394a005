// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs that are shut down in every way: a stream for receiving, for both; datagrams for receiving, for
 * both, and for sending with something sent before.
 */
#include "socket.h"

static int receiving[2], both[2], d_receiving[2], d_both[2], d_sending[2], sending[2];

static void pair(int type, int sk[2], int how, int what)
{
	SYS(socketpair(AF_UNIX, type, 0, sk));
	if (what)
		t_send(sk[0], "before");
	SYS(shutdown(sk[0], how));
}

static void setup(void)
{
	pair(variant->arg, receiving, SHUT_RD, 0);
	pair(variant->arg, both, SHUT_RDWR, 0);
	pair(variant->arg, sending, SHUT_WR, 1);
	pair(SOCK_DGRAM, d_receiving, SHUT_RD, 0);
	pair(SOCK_DGRAM, d_both, SHUT_RDWR, 0);
	pair(SOCK_DGRAM, d_sending, SHUT_WR, 1);
}

static void expect_no_way(int from)
{
	EXPECT_ERRNO(send(from, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT), EPIPE);
}

static void check(void)
{
	expect_no_way(receiving[1]);
	EXPECT_EOF(receiving[0]);
	t_send(receiving[0], "that way");
	EXPECT_RECV(receiving[1], "that way");

	for (int i = 0; i < 2; i++) {
		expect_no_way(both[i]);
		EXPECT_EOF(both[i]);
	}

	expect_no_way(sending[0]);
	EXPECT_RECV(sending[1], "before");
	EXPECT_EOF(sending[1]);
	t_send(sending[1], "back");
	EXPECT_RECV(sending[0], "back");

	/* With datagrams only the end that did it knows. */
	expect_no_way(d_receiving[1]);
	t_send(d_receiving[0], "that way");
	EXPECT_RECV(d_receiving[1], "that way");
	expect_no_way(d_both[1]);
	EXPECT_EMPTY(d_both[1]);
	EXPECT_RECV(d_sending[1], "before");
	t_send(d_sending[1], "back");
	EXPECT_RECV(d_sending[0], "back");
}

ZDTM_TEST = {
	.doc = "pairs that were shut down for receiving, sending or both",
	.object = "unix",
	.variants =
		VARIANTS({ "stream", SOCK_STREAM },
			 { "seqpacket", SOCK_SEQPACKET, .known_as = "static/sockets01-seqpacket" }),
	.setup = setup,
	.check = check,
};
