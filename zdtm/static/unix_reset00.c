// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other end was closed with something unread: that is an error, which is told once. What it had
 * sent itself comes first.
 *
 * criu 4.2 loses the error: of a stream already by looking, so that the target has not got it any more.
 */
#include <poll.h>

#include "socket.h"

static int sk;

static void setup(void)
{
	int pair[2];

	SYS(socketpair(AF_UNIX, variant->arg, 0, pair));
	t_send(pair[0], "never read");
	if (variant->arg == SOCK_STREAM)
		t_send(pair[1], "the last");
	SYS(close(pair[1]));
	sk = pair[0];
}

static void check(void)
{
	struct pollfd pfd = { .fd = sk, .events = POLLIN };
	char byte;

	EXPECT_EQ(poll(&pfd, 1, 0), 1);
	EXPECT_EQ(pfd.revents, POLLIN | POLLERR | POLLHUP);
	if (variant->arg == SOCK_STREAM)
		EXPECT_RECV(sk, "the last");
	EXPECT_ERRNO(recv(sk, &byte, 1, MSG_DONTWAIT), ECONNRESET);
	EXPECT_EOF(sk);
	EXPECT_EQ(t_sockopt(sk, SO_ERROR), 0);
}

ZDTM_TEST = {
	.doc = "a connection that was reset says so, once",
	.object = "unix",
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
