// SPDX-License-Identifier: GPL-2.0-only
/* A message waits at a socket that wants to know when messages came: it tells of a time before now. */
#include <time.h>

#include "socket.h"

static int sk[2];
static struct timespec was;

static struct timespec arrival(int flags)
{
	char control[CMSG_SPACE(sizeof(struct timespec))] __attribute__((aligned(8))), text[8];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct timespec t = {};

	SYS(recvmsg(sk[1], &msg, flags));
	if (EXPECT(CMSG_FIRSTHDR(&msg))) {
		EXPECT_EQ(CMSG_FIRSTHDR(&msg)->cmsg_type, SCM_TIMESTAMPNS);
		memcpy(&t, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(t));
	}
	return t;
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	t_set_sockopt(sk[1], SO_TIMESTAMPNS, 1);
	t_send(sk[0], "waits");
	was = arrival(MSG_PEEK);
}

static void check(void)
{
	struct timespec now = arrival(0);

	EXPECT_EQ(now.tv_sec, was.tv_sec);
	EXPECT_EQ(now.tv_nsec, was.tv_nsec);
}

ZDTM_TEST = {
	.doc = "a message tells when it came, which nobody can set: kept, or refused",
	.object = "unix",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "dgram", SOCK_DGRAM }, { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
