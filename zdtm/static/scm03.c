// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of a pipe in one message, which nobody has open any more; a message without any follows,
 * and one with three times the same open file.
 *
 * criu 4.2 sends the descriptors of a stream with bytes that were sent before them.
 */
#include "socket.h"

static int sk[2];

static void setup(void)
{
	int ends[2], thrice[3];

	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	SYS(pipe(ends));
	t_send_fds(sk[0], "both", ends, 2);
	t_send(sk[0], "none");
	for (int i = 0; i < 3; i++)
		thrice[i] = ends[1];
	t_send_fds(sk[0], "thrice", thrice, 3);
	SYS(close(ends[0]));
	SYS(close(ends[1]));
}

static void check(void)
{
	int ends[2] = { -1, -1 }, thrice[3] = { -1, -1, -1 };
	char got[8] = "";

	EXPECT_RECV_FDS(sk[1], "both", ends, 2);
	EXPECT_RECV_FDS(sk[1], "none", NULL, 0);
	EXPECT_RECV_FDS(sk[1], "thrice", thrice, 3);
	EXPECT_EMPTY(sk[1]);
	t_write(ends[1], "x", 1);
	for (int i = 0; i < 3; i++)
		t_write(thrice[i], "y", 1);
	t_read(ends[0], got, 4);
	EXPECT_STR(got, "xyyy");
}

ZDTM_TEST = {
	.doc = "several descriptors in one message, and messages without any between",
	.object = "unix",
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
			     { "seqpacket", SOCK_SEQPACKET, .known_as = "static/scm03-seqpacket" }),
	.setup = setup,
	.check = check,
};
