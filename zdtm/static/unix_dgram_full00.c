// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram server whose queue is as long as it may be, with messages of two clients, and a third one
 * that sleeps in sendto(2) until there is room.
 */
#include <poll.h>

#include "socket.h"

static int server, client[2];
static pid_t sleeper;
static int full;

static void send_one_more(long unused)
{
	int sk = t_unix_to(SOCK_DGRAM, "server");

	SYS(send(sk, "the last", 8, 0));
}

static bool writable(int sk)
{
	struct pollfd pfd = { .fd = sk, .events = POLLOUT };

	return SYS(poll(&pfd, 1, 0)) && pfd.revents & POLLOUT;
}

static void setup(void)
{
	char text[16];

	server = t_unix(SOCK_DGRAM, "server");
	for (int i = 0; i < 2; i++)
		client[i] = t_unix_to(SOCK_DGRAM, "server");
	for (full = 0;; full++) {
		snprintf(text, sizeof(text), "%d", full);
		if (send(client[full % 2], text, strlen(text), MSG_DONTWAIT) < 0)
			break;
	}
	EXPECT_EQ(errno, EAGAIN);
	EXPECT(!writable(client[0]));
	sleeper = t_fork(send_one_more, 0);
	t_wait_syscall(sleeper, SYS_sendto);
}

static void check(void)
{
	char text[16];

	EXPECT(!writable(client[0]));
	EXPECT_ERRNO(send(client[1], "x", 1, MSG_DONTWAIT), EAGAIN);
	for (int i = 0; i < full; i++) {
		snprintf(text, sizeof(text), "%d", i);
		EXPECT_RECV(server, text);
	}
	EXPECT_RECV(server, "the last");
	t_join(sleeper);
	EXPECT_EMPTY(server);
	EXPECT(writable(client[0]));
	t_send(client[0], "again");
	EXPECT_RECV(server, "again");
}

ZDTM_TEST = {
	.doc = "a queue of datagrams that is full, and a sender that waits for room",
	.object = "unix",
	.setup = setup,
	.check = check,
};
