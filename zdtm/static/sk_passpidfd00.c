// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a socket wants to be told of senders: credentials, security labels, pidfds; and that it takes
 * no descriptors.
 *
 * criu 4.2 refuses queues with credentials; without, it forgets the pidfds, and takes descriptors
 * again.
 */
#include "feature-probes/uapi/socket.h"
#include "socket.h"

static int sk[2], closed[2];

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	t_set_sockopt(sk[0], SO_PASSCRED, 1);
	t_set_sockopt(sk[0], SO_PASSSEC, 1);
	t_set_sockopt(sk[0], SO_PASSPIDFD, 1);
	SYS(socketpair(AF_UNIX, variant->arg, 0, closed));
	t_set_sockopt(closed[0], SO_PASSRIGHTS, 0);
	t_send(sk[1], "before");
}

static void expect_told(const char *text)
{
	char control[256] __attribute__((aligned(8))), got[16] = "";
	struct iovec iov = { got, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	pid_t pid = 0;
	int pidfd = -1;

	SYS(recvmsg(sk[0], &msg, MSG_DONTWAIT));
	EXPECT_STR(got, text);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&pid, CMSG_DATA(c), sizeof(pid));
		else if (c->cmsg_type == 4 /* SCM_PIDFD */)
			memcpy(&pidfd, CMSG_DATA(c), sizeof(pidfd));
	}
	EXPECT_EQ(pid, getpid());
	if (EXPECT_GE(pidfd, 0)) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
		EXPECT_EQ(t_field_num(path, "Pid", 10), getpid());
	}
}

static void check(void)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = "";
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	EXPECT_EQ(t_sockopt(sk[0], SO_PASSCRED), 1);
	EXPECT_EQ(t_sockopt(sk[0], SO_PASSSEC), 1);
	EXPECT_EQ(t_sockopt(sk[0], SO_PASSPIDFD), 1);
	EXPECT_EQ(t_sockopt(sk[0], SO_PASSRIGHTS), 1);
	EXPECT_EQ(t_sockopt(sk[1], SO_PASSCRED), 0);
	expect_told("before");
	t_send(sk[1], "after");
	expect_told("after");

	EXPECT_EQ(t_sockopt(closed[0], SO_PASSRIGHTS), 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &sk[0], sizeof(int));
	EXPECT_ERRNO(sendmsg(closed[1], &msg, MSG_DONTWAIT), EPERM);
}

ZDTM_TEST = {
	.doc = "what a socket wants to be told of senders, and what it does not take",
	.object = "sockopt",
	.needs = LIST("unix.passrights"),
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM }),
	.setup = setup,
	.check = check,
};
