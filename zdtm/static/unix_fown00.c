// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is told by signal that a socket can be read. Nothing has happened on it: nobody may have been
 * told anything either when it is made again and filled.
 */
#include "socket.h"

#define SIGNAL (SIGRTMIN + 1)

static int sk[2];

static bool told(siginfo_t *info)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGURG);
	return sigtimedwait(&set, info, &now) > 0;
}

static void setup(void)
{
	sigset_t set;
	ssize_t n;

	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGURG);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
	t_send(sk[0], "before");
	n = send(sk[0], "!", 1, MSG_OOB);
	if (n < 0 && errno == EOPNOTSUPP)
		t_skip("unix sockets of this kernel have no out-of-band bytes");
	EXPECT_EQ(n, 1);
	SYS(fcntl(sk[1], F_SETOWN, getpid()));
	SYS(fcntl(sk[1], F_SETSIG, SIGNAL));
	SYS(fcntl(sk[1], F_SETFL, O_ASYNC | O_NONBLOCK));
}

static void check(void)
{
	struct f_owner_ex owner;
	siginfo_t info = {};

	EXPECT(!told(&info));
	SYS(fcntl(sk[1], F_GETOWN_EX, &owner));
	EXPECT_EQ(owner.type, F_OWNER_PID);
	EXPECT_EQ(owner.pid, getpid());
	EXPECT_EQ(fcntl(sk[1], F_GETSIG), SIGNAL);
	EXPECT_EQ(fcntl(sk[1], F_GETFL), O_RDWR | O_ASYNC | O_NONBLOCK);
	EXPECT_EQ(fcntl(sk[0], F_GETFL), O_RDWR);
	EXPECT_RECV(sk[1], "before");
	EXPECT(!told(&info));
	t_send(sk[0], "after");
	EXPECT(told(&info));
	EXPECT_EQ(info.si_signo, SIGNAL);
	EXPECT_EQ(info.si_fd, sk[1]);
	SYS(send(sk[0], "!", 1, MSG_OOB));
	EXPECT(told(&info));
}

ZDTM_TEST = {
	.doc = "a socket tells its owner by signal, and not of what was before",
	.object = "unix",
	.setup = setup,
	.check = check,
};
