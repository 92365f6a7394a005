// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that several processes share, at numbers of their own: the ends of a pair in different ones,
 * a listener in two of them, dups. A child made one of the pairs that we have.
 */
#include "socket.h"

static int pair[2], listener, channel[2], made[2], dups[2];
static pid_t child;

static void echo(long unused)
{
	char text[16] = "";
	ssize_t n;
	int sk;

	SYS(close(pair[0]));
	SYS(dup2(pair[1], 77));
	SYS(close(pair[1]));
	SYS(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, made));
	t_send_fds(channel[1], "made", made, 2);
	SYS(close(made[0]));
	t_wake(0);
	while ((n = SYS(read(77, text, sizeof(text)))) > 0)
		t_write(77, text, n);
	sk = SYS(accept(listener, NULL, NULL));
	t_send(sk, "accepted by the child");
	t_send(made[1], "child");
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel));
	listener = t_unix_listener(SOCK_STREAM, "@shared", 2);
	child = t_fork(echo, 0);
	SYS(close(pair[1]));
	t_wait(0);
	EXPECT_RECV_FDS(channel[0], "made", made, 2);
	dups[0] = SYS(dup(made[0]));
	dups[1] = SYS(fcntl(made[0], F_DUPFD_CLOEXEC, 100));
	t_wait_syscall(child, SYS_read);
}

static void check(void)
{
	int sk;

	t_send(pair[0], "hello");
	EXPECT_RECV(pair[0], "hello");
	SYS(shutdown(pair[0], SHUT_WR));
	sk = t_unix_to(SOCK_STREAM, "@shared");
	EXPECT_RECV(sk, "accepted by the child");
	EXPECT_RECV(dups[1], "child");
	t_join(child);
	t_send(made[1], "to a dup");
	EXPECT_RECV(dups[0], "to a dup");
	EXPECT_EQ(fcntl(dups[1], F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(dups[0], F_GETFD), 0);
	EXPECT(t_same_file(dups[0], made[0]));
	/* Open files of their own, not just the same socket. */
	SYS(fcntl(made[0], F_SETFL, O_NONBLOCK));
	EXPECT_EQ(fcntl(dups[1], F_GETFL), O_RDWR | O_NONBLOCK);
}

ZDTM_TEST = {
	.doc = "sockets that processes share, and that others made",
	.object = "unix",
	.setup = setup,
	.check = check,
};
