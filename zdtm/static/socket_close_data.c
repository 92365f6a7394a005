// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message waits at one end of a pair; the end it came from is closed.
 *
 * criu 4.2 forgets that there was a peer: ENOTCONN.
 */
#include "socket.h"

static int sk;

static void setup(void)
{
	int pair[2];

	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	t_send(pair[0], "the last");
	SYS(close(pair[0]));
	sk = pair[1];
}

static void check(void)
{
	EXPECT_RECV(sk, "the last");
	EXPECT_EMPTY(sk);
	EXPECT_ERRNO(send(sk, "x", 1, 0), ECONNREFUSED);
	EXPECT_ERRNO(send(sk, "x", 1, 0), ENOTCONN);
}

ZDTM_TEST = {
	.doc = "a message of a socket that was closed since",
	.object = "unix",
	.setup = setup,
	.check = check,
};
