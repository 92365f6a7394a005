// SPDX-License-Identifier: GPL-2.0-only
/*
 * An epoll that watches a socket lies in the queue of that very socket, twice, and is open nowhere
 * else: what it watches is readable because it lies there.
 */
#include <sys/epoll.h>

#include "socket.h"

static int sk[2];

static void setup(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 0x1234567890 };
	int epoll = SYS(epoll_create1(0));

	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	SYS(epoll_ctl(epoll, EPOLL_CTL_ADD, sk[1], &ev));
	t_send_fds(sk[0], "first", &epoll, 1);
	t_send_fds(sk[0], "second", &epoll, 1);
	SYS(close(epoll));
}

static void check(void)
{
	struct epoll_event ev = {};
	int epoll[2] = { -1, -1 };

	EXPECT_RECV_FDS(sk[1], "first", &epoll[0], 1);
	/* The other one is still there. */
	EXPECT_EQ(epoll_wait(epoll[0], &ev, 1, 0), 1);
	EXPECT_EQ(ev.events, EPOLLIN);
	EXPECT_EQ(ev.data.u64, 0x1234567890);
	EXPECT_RECV_FDS(sk[1], "second", &epoll[1], 1);
	EXPECT_EQ(epoll_wait(epoll[1], &ev, 1, 0), 0);
	t_send(sk[0], "more");
	EXPECT_EQ(epoll_wait(epoll[1], &ev, 1, 0), 1);
}

ZDTM_TEST = {
	.doc = "an epoll in flight to the socket it watches",
	.object = "unix",
	.setup = setup,
	.check = check,
};
