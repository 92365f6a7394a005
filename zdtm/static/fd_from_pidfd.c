// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor taken from another process (pidfd_getfd), which has closed it: the reading end of a
 * pipe that nobody can write to any more, with bytes in it.
 */
#include <sys/pidfd.h>

#include "zdtm.h"

enum { READY, TAKEN, CLOSED };

static const char text[] = "data";

static struct {
	int pidfd, fd, *theirs;
	pid_t child;
} was;

static void child(long unused)
{
	int ends[2], sig;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(pipe(ends));
	t_write(ends[1], text, sizeof(text));
	SYS(close(ends[1]));
	*was.theirs = ends[0];
	t_wake(READY);
	t_wait(TAKEN);
	SYS(close(ends[0]));
	t_wake(CLOSED);
	SYS_RC(sigwait(&set, &sig));
}

static void setup(void)
{
	was.theirs = t_map(T_PAGE, MAP_SHARED);
	was.child = t_fork(child, 0);
	was.pidfd = SYS(pidfd_open(was.child, 0));
	t_wait(READY);
	was.fd = SYS(pidfd_getfd(was.pidfd, *was.theirs, 0));
	t_wake(TAKEN);
	t_wait(CLOSED);
}

static void check(void)
{
	char got[sizeof(text) + 1];

	EXPECT_EQ(SYS(read(was.fd, got, sizeof(got))), sizeof(text));
	EXPECT_STR(got, text);
	EXPECT_EQ(SYS(read(was.fd, got, sizeof(got))), 0);
	SYS(pidfd_send_signal(was.pidfd, SIGTERM, NULL, 0));
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a descriptor taken from another process, and the one it was taken by",
	.object = "pidfd",
	.needs = LIST("pidfd.getfd_shares"),
	.setup = setup,
	.check = check,
};
