// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two ends of a pair, each in flight in both queues, and open nowhere else but at one descriptor of
 * the first: whoever receives finds a socket to receive from, and so on.
 *
 * criu 4.2 crashes over it, at restore.
 */
#include "socket.h"

static int sk;

static void bind_to(int end, const char *name)
{
	struct t_un un = t_un(name);

	SYS(bind(end, (struct sockaddr *)&un.addr, un.len));
}

static void setup(void)
{
	int ends[2];

	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	bind_to(ends[0], "@scm06-a");
	bind_to(ends[1], "@scm06-b");
	for (int i = 0; i < 2; i++) {
		t_send_fds(ends[i], "a", &ends[0], 1);
		t_send_fds(ends[i], "b", &ends[1], 1);
	}
	SYS(close(ends[1]));
	sk = ends[0];
}

static void check(void)
{
	int a = -1, b = -1, again = -1;

	EXPECT_NAME(sk, "@scm06-a");
	EXPECT_RECV_FDS(sk, "a", &a, 1);
	EXPECT_NAME(a, "@scm06-a");
	EXPECT_RECV_FDS(a, "b", &b, 1);
	EXPECT_NAME(b, "@scm06-b");
	EXPECT_PEER(b, "@scm06-a");
	EXPECT_RECV_FDS(b, "a", &again, 1);
	EXPECT_NAME(again, "@scm06-a");
	EXPECT_RECV_FDS(b, "b", &again, 1);
	EXPECT_NAME(again, "@scm06-b");
	EXPECT_EMPTY(sk);
	EXPECT_EMPTY(b);
	t_send(again, "home");
	EXPECT_RECV(sk, "home");
}

ZDTM_TEST = {
	.doc = "sockets in flight in each other's queues and their own",
	.object = "unix",
	.setup = setup,
	.check = check,
};
