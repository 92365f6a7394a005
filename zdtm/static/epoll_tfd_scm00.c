// SPDX-License-Identifier: GPL-2.0-only
/*
 * An epoll watches a pipe that nobody has a descriptor of: it is on its way through a unix socket,
 * not yet received. criu 4.2 refuses that.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "zdtm.h"

static struct {
	int ep, sock, out;
} was;

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message(union control *c)
{
	static char byte;
	static struct iovec io = { &byte, 1 };

	return (struct msghdr){
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = c,
		.msg_controllen = sizeof(*c),
	};
}

static void send_fd(int sock, int fd)
{
	union control c = {};
	struct msghdr m = message(&c);

	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	c.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	SYS(sendmsg(sock, &m, 0));
}

static int receive_fd(int sock)
{
	union control c = {};
	struct msghdr m = message(&c);
	int fd;

	SYS(recvmsg(sock, &m, MSG_DONTWAIT));
	EXPECT_EQ(c.head.cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&c.head), sizeof(fd));
	return fd;
}

static void setup(void)
{
	int ends[2], socks[2];

	SYS(pipe(ends));
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	was.ep = SYS(epoll_create1(0));
	t_watch(was.ep, ends[0], EPOLLIN, 9);
	send_fd(socks[0], ends[0]);
	SYS(close(ends[0]));
	was.sock = socks[1];
	was.out = ends[1];
}

static void check(void)
{
	char byte;
	int fd;

	EXPECT_NO_EVENT(was.ep);
	t_write(was.out, "", 1);
	EXPECT_EVENT(was.ep, EPOLLIN, 9);
	fd = receive_fd(was.sock);
	t_read(fd, &byte, 1);
	EXPECT_NO_EVENT(was.ep);
	SYS(close(fd));
	EXPECT_EQ(t_watches(was.ep, NULL, 0), 0);
}

ZDTM_TEST = {
	.doc = "an epoll watches a file that is in flight",
	.object = "eventpoll",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("kcmp.epoll_tfd"),
	.setup = setup,
	.check = check,
};
