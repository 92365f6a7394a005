// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream and packets that were sent until there was no more room: how many small pieces it was
 * decides when there will be room again. A writer sleeps for it.
 *
 * criu 4.2 sends one big piece, after which there is room.
 */
#include <poll.h>

#include "socket.h"

static int sk[2], sent, charged;
static pid_t writer;

static bool writable(void)
{
	struct pollfd pfd = { .fd = sk[0], .events = POLLOUT };

	return SYS(poll(&pfd, 1, 0)) && pfd.revents & POLLOUT;
}

static void send_one_more(long unused)
{
	SYS(send(sk[0], "z", 1, 0));
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	while (send(sk[0], &(char){ 'a' + sent % 26 }, 1, MSG_DONTWAIT) == 1)
		sent++;
	EXPECT_EQ(errno, EAGAIN);
	SYS(ioctl(sk[0], SIOCOUTQ, &charged));
	writer = t_fork(send_one_more, 0);
	t_wait_syscall(writer, SYS_sendto);
}

static void check(void)
{
	int now = 0;

	SYS(ioctl(sk[0], SIOCOUTQ, &now));
	EXPECT_EQ(now, charged);
	EXPECT(!writable());
	EXPECT_ERRNO(send(sk[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	for (int i = 0; i < sent; i++) {
		char byte = 0;

		SYS(recv(sk[1], &byte, 1, MSG_DONTWAIT));
		if (!EXPECT_EQ(byte, 'a' + i % 26))
			break;
	}
	EXPECT_RECV(sk[1], "z");
	t_join(writer);
	EXPECT_EMPTY(sk[1]);
	EXPECT(writable());
}

ZDTM_TEST = {
	.doc = "a connection without room for more stays so until something is received",
	.object = "unix",
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
			     { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
