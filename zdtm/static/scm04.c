// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each end of a pipe in a control message of its own, both in one message: the kernel makes one list of
 * them, in their order.
 */
#include "socket.h"

static int sk[2];

static void send_apart(const int fd[2])
{
	char control[2 * CMSG_SPACE(sizeof(int))] = "", text[] = "both";
	struct iovec iov = { text, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	for (int i = 0; i < 2; i++, c = CMSG_NXTHDR(&msg, c)) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd[i], sizeof(int));
	}
	SYS(sendmsg(sk[0], &msg, 0));
}

static void setup(void)
{
	int ends[2];

	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	SYS(pipe(ends));
	send_apart(ends);
	SYS(close(ends[0]));
	SYS(close(ends[1]));
}

static void check(void)
{
	int ends[2] = { -1, -1 };
	char got[8] = "";

	EXPECT_RECV_FDS(sk[1], "both", ends, 2);
	t_write(ends[1], "through", 7);
	t_read(ends[0], got, 7);
	EXPECT_STR(got, "through");
}

ZDTM_TEST = {
	.doc = "descriptors that were sent in several control messages",
	.object = "unix",
	.setup = setup,
	.check = check,
};
