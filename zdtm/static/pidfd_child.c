// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor of a child that waits for a signal: the signal is sent through it. */
#include <poll.h>
#include <sys/pidfd.h>

#include "zdtm.h"

static struct {
	int fd;
	pid_t child;
} was;

static void child(long unused)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	SYS_RC(sigwait(&set, &sig));
	EXPECT_EQ(sig, SIGTERM);
}

static void setup(void)
{
	sigset_t set;

	/* Before the fork: it may not come too soon. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	was.child = t_fork(child, 0);
	was.fd = SYS(pidfd_open(was.child, 0));
}

static void check(void)
{
	EXPECT_EQ(t_ready(was.fd, POLLIN), 0);
	SYS(pidfd_send_signal(was.fd, SIGTERM, NULL, 0));
	t_await_ready(was.fd, POLLIN);
	t_join(was.child);
	EXPECT_ERRNO(pidfd_send_signal(was.fd, 0, NULL, 0), ESRCH);
}

ZDTM_TEST = {
	.doc = "a pidfd stands for the child it stood for",
	.object = "pidfd",
	.setup = setup,
	.check = check,
};
