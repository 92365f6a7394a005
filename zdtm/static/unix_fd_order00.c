// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a stream descriptors come with the first byte of what they were sent with, not before: whoever
 * reads only what was sent before gets none. Between them there are bytes without any.
 *
 * criu 4.2 puts them before the bytes they were sent behind.
 */
#include "socket.h"

static int sk[2];

static void setup(void)
{
	int null = SYS(open("/dev/null", O_RDWR));

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
	t_send(sk[0], "aa");
	t_send(sk[0], "bbb");
	t_send_fds(sk[0], "cccc", &null, 1);
	t_send_fds(sk[0], "d", (const int[]){ null, null }, 2);
	t_send(sk[0], "ee");
	SYS(close(null));
}

static void check(void)
{
	int fd[2];

	EXPECT_RECV_FDS(sk[1], "aab", NULL, 0);
	EXPECT_RECV_FDS(sk[1], "bb", NULL, 0);
	EXPECT_RECV_FDS(sk[1], "cc", fd, 1);
	EXPECT_RECV_FDS(sk[1], "cc", NULL, 0);
	EXPECT_RECV_FDS(sk[1], "d", fd, 2);
	EXPECT_RECV_FDS(sk[1], "ee", NULL, 0);
	EXPECT_EMPTY(sk[1]);
}

ZDTM_TEST = {
	.doc = "descriptors keep their place among the bytes of a stream",
	.object = "unix",
	.setup = setup,
	.check = check,
};
