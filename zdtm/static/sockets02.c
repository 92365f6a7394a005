// SPDX-License-Identifier: GPL-2.0-only
/* One byte waits at one end of a pair, the other is closed: the byte, then the end. */
#include "socket.h"

static int pair[2];

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, pair));
	t_send(pair[0], "x");
	SYS(close(pair[0]));
}

static void check(void)
{
	EXPECT_RECV(pair[1], "x");
	EXPECT_EOF(pair[1]);
	EXPECT_ERRNO(send(pair[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	EXPECT_ERRNO(fcntl(pair[0], F_GETFD), EBADF);
}

ZDTM_TEST = {
	.doc = "what a closed end has sent, and then the end",
	.object = "unix",
	.variants =
		VARIANTS({ "stream", SOCK_STREAM },
			 { "seqpacket", SOCK_SEQPACKET, .known_as = "static/sockets02-seqpacket" }),
	.setup = setup,
	.check = check,
};
