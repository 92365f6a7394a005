// SPDX-License-Identifier: GPL-2.0-only
/*
 * SO_PEERPIDFD: the process that made the other end, by a pidfd. That of a child which lives must be
 * that child, whoever has the sockets; a signal sent to it arrives.
 *
 * criu 4.2 makes them in the process that has them.
 */
#include <poll.h>

#include "feature-probes/uapi/socket.h"
#include "socket.h"

static int sk[2], channel[2];
static pid_t child;

static void make(long unused)
{
	int pair[2];

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	t_send_fds(channel[0], "pair", pair, 2);
	SYS(close(pair[0]));
	SYS(close(pair[1]));
	t_wake(0);
	t_wait(1);
}

static int pidfd_of(int of)
{
	socklen_t len = sizeof(int);
	int pidfd = -1;

	SYS(getsockopt(of, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len));
	return pidfd;
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel));
	child = t_fork(make, 0);
	t_wait(0);
	EXPECT_RECV_FDS(channel[1], "pair", sk, 2);
}

static void check(void)
{
	char path[64];

	for (int i = 0; i < 2; i++) {
		int pidfd = pidfd_of(sk[i]);
		struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
		EXPECT_EQ(t_field_num(path, "Pid", 10), child);
		EXPECT_EQ(poll(&pfd, 1, 0), 0);
		if (i == 0)
			continue;
		SYS(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0));
		EXPECT_EQ(t_reap(child), SIGKILL);
	}
	t_send(sk[0], "still");
	EXPECT_RECV(sk[1], "still");
}

ZDTM_TEST = {
	.doc = "the pidfd of a socket's peer is of the process that made it, and lives",
	.object = "unix",
	.needs = LIST("unix.peerpidfd"),
	.setup = setup,
	.check = check,
};
