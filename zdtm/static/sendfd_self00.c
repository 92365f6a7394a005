// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memfd, an epoll that watches one end of a pair, and that end itself are nowhere but in flight, in
 * the queue of the other end.
 *
 * criu 4.2 cannot restore an epoll that is only in flight to what it watches.
 */
#include <sys/epoll.h>

#include "socket.h"

static int sk;

static void setup(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 77 };
	int pair[2], memfd = SYS(memfd_create("memory", 0)), epoll = SYS(epoll_create1(0));

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	t_write(memfd, "content", 7);
	SYS(epoll_ctl(epoll, EPOLL_CTL_ADD, pair[1], &ev));
	t_send_fds(pair[1], "three", (const int[]){ memfd, epoll, pair[1] }, 3);
	SYS(close(memfd));
	SYS(close(epoll));
	SYS(close(pair[1]));
	sk = pair[0];
	t_send(sk, "to the one in flight");
}

static void check(void)
{
	int fd[3] = { -1, -1, -1 };
	struct epoll_event ev = {};
	char got[8] = "";

	EXPECT_RECV_FDS(sk, "three", fd, 3);
	EXPECT_EQ(pread(fd[0], got, 7, 0), 7);
	EXPECT_STR(got, "content");
	EXPECT_EQ(lseek(fd[0], 0, SEEK_CUR), 7);
	EXPECT_EQ(epoll_wait(fd[1], &ev, 1, 0), 1);
	EXPECT_EQ(ev.data.u64, 77);
	EXPECT_RECV(fd[2], "to the one in flight");
	t_send(fd[2], "back");
	EXPECT_RECV(sk, "back");
}

ZDTM_TEST = {
	.doc = "the other end of a socket, a memfd and an epoll that are only in flight to it",
	.object = "unix",
	.setup = setup,
	.check = check,
};
