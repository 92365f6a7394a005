// SPDX-License-Identifier: GPL-2.0-only
/*
 * An open file that came from a child through a socket, long closed: no fork has brought it here, and
 * still both have one offset. Two tasks that are nobody's child of each other have it, too.
 */
#include <sys/socket.h>

#include "zdtm.h"

enum { SENT, GO, MOVED };

static struct {
	int fd, socket[2];
	pid_t sender, receiver;
} was;

static void send_fd(int socket, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec byte = { "x", 1 };
	struct msghdr msg = { .msg_iov = &byte,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	SYS(sendmsg(socket, &msg, 0));
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd;

	SYS(recvmsg(socket, &msg, 0));
	memcpy(&fd, CMSG_DATA(SYS_PTR(CMSG_FIRSTHDR(&msg))), sizeof(fd));
	return fd;
}

static void sender(long unused)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	SYS(lseek(fd, 100, SEEK_SET));
	send_fd(was.socket[1], fd);
	send_fd(was.socket[1], fd);
	SYS(close(was.socket[0]));
	SYS(close(was.socket[1]));
	t_wake(SENT);
	t_wait(GO);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 200);
	SYS(lseek(fd, 300, SEEK_SET));
	t_wake(MOVED);
}

static void receiver(long unused)
{
	int fd = receive_fd(was.socket[0]);

	SYS(close(was.socket[0]));
	SYS(close(was.socket[1]));
	t_wake(SENT);
	t_wait(GO + 10);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 300);
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, was.socket));
	was.sender = t_fork(sender, 0);
	was.receiver = t_fork(receiver, 0);
	was.fd = receive_fd(was.socket[0]);
	SYS(close(was.socket[0]));
	SYS(close(was.socket[1]));
	t_wait(SENT);
	t_wait(SENT);
}

static void check(void)
{
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 100);
	SYS(lseek(was.fd, 200, SEEK_SET));
	t_wake(GO);
	t_wait(MOVED);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 300);
	t_wake(GO + 10);
	t_join(was.sender);
	t_join(was.receiver);
}

ZDTM_TEST = {
	.doc = "an open file received through a socket is still one with its sender's",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
