// SPDX-License-Identifier: GPL-2.0-only
/* Timeouts with parts of a second, the low water mark, buffers of a size of one's own: what is set. */
#include "socket.h"

#define BUF_LOCK 72 /* SO_BUF_LOCK */

static int sk[2], receiver;
static struct timeval receiving, sending;

/* In the kernel's own units: whatever it makes of that is what must stay. */
static struct timeval timeout(int option)
{
	struct timeval tv = {};
	socklen_t len = sizeof(tv);

	SYS(getsockopt(sk[0], SOL_SOCKET, option, &tv, &len));
	return tv;
}

static struct timeval set_timeout(int option, long sec, long usec)
{
	const struct timeval tv = { sec, usec };

	SYS(setsockopt(sk[0], SOL_SOCKET, option, &tv, sizeof(tv)));
	EXPECT_EQ(timeout(option).tv_sec, sec);
	EXPECT_GE(timeout(option).tv_usec, usec);
	return timeout(option);
}

static void setup(void)
{
	const struct timeval tv = { 0, 20000 };

	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	receiving = set_timeout(SO_RCVTIMEO, 3, 250000);
	sending = set_timeout(SO_SNDTIMEO, 86400, 500000);
	t_set_sockopt(sk[0], SO_RCVLOWAT, 77);
	t_set_sockopt(sk[0], SO_SNDBUF, 5000);
	t_set_sockopt(sk[1], SO_RCVBUF, 7000);
	receiver = sk[1];
	SYS(setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
}

static void check(void)
{
	socklen_t len = sizeof(int);
	int locks;
	char byte;

	EXPECT_EQ(timeout(SO_RCVTIMEO).tv_sec, receiving.tv_sec);
	EXPECT_EQ(timeout(SO_RCVTIMEO).tv_usec, receiving.tv_usec);
	EXPECT_EQ(timeout(SO_SNDTIMEO).tv_sec, sending.tv_sec);
	EXPECT_EQ(timeout(SO_SNDTIMEO).tv_usec, sending.tv_usec);
	EXPECT_EQ(t_sockopt(sk[0], SO_RCVLOWAT), 77);
	EXPECT_EQ(t_sockopt(sk[1], SO_RCVLOWAT), 1);
	/* What was asked for is doubled. */
	EXPECT_EQ(t_sockopt(sk[0], SO_SNDBUF), 10000);
	EXPECT_EQ(t_sockopt(sk[1], SO_RCVBUF), 14000);
	/* It is set by hand: one lock for each direction. Since 5.14 the kernel tells. */
	if (getsockopt(sk[0], SOL_SOCKET, BUF_LOCK, &locks, &len) == 0 || errno != ENOPROTOOPT) {
		EXPECT_EQ(t_sockopt(sk[0], BUF_LOCK), 1);
		EXPECT_EQ(t_sockopt(sk[1], BUF_LOCK), 2);
	}
	EXPECT_ERRNO(recv(receiver, &byte, 1, 0), EAGAIN);
}

ZDTM_TEST = {
	.doc = "timeouts, low water mark and buffers of unix sockets",
	.object = "sockopt",
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
			     { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
