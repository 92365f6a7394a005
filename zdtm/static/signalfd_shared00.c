// SPDX-License-Identifier: GPL-2.0-only
/*
 * One signalfd in two tasks, the child asleep in a read: each gets its own signals through it. The
 * set is changed through one of them, for both.
 */
#include <poll.h>
#include <sys/signalfd.h>

#include "zdtm.h"

enum { TAKEN };

static struct {
	int fd;
	pid_t child;
} was;

static void expect(int sig, pid_t from)
{
	struct signalfd_siginfo info = {};

	while (read(was.fd, &info, sizeof(info)) < 0 && errno == EINTR)
		;
	EXPECT_EQ(info.ssi_signo, sig);
	EXPECT_EQ(info.ssi_pid, from);
}

static void child(long parent)
{
	expect(SIGUSR1, parent);
	t_wake(TAKEN);
	expect(SIGUSR2, parent);
}

static void setup(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	sigdelset(&set, SIGUSR2);
	was.fd = SYS(signalfd(-1, &set, 0));
	was.child = t_fork(child, getpid());
	t_wait_syscall(was.child, SYS_read);
}

static void check(void)
{
	sigset_t set;

	SYS(raise(SIGUSR2));
	EXPECT_EQ(t_ready(was.fd, POLLIN), 0);
	SYS(kill(was.child, SIGUSR1));
	t_wait(TAKEN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	SYS(signalfd(was.fd, &set, 0));
	expect(SIGUSR2, getpid());
	SYS(kill(was.child, SIGUSR2));
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a signalfd gives each of its tasks that task's signals",
	.object = "signalfd",
	.setup = setup,
	.check = check,
};
