// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor of a process that is no part of what is dumped: the child of a child that ended,
 * which now is init's. Nobody can know whether there will be one like it where the tree is
 * restored.
 */
#include <sys/pidfd.h>

#include "zdtm.h"

enum { READY, GO };

static struct {
	int fd;
	pid_t *outside;
} was;

static void outside(long unused)
{
	SYS(setsid());
	*was.outside = getpid();
	t_wake(READY);
	t_wait(GO);
}

static void leave_it(long unused)
{
	t_fork(outside, 0);
	t_wait(READY);
}

static void setup(void)
{
	was.outside = t_map(T_PAGE, MAP_SHARED);
	t_join(t_fork(leave_it, 0));
	was.fd = SYS(pidfd_open(*was.outside, 0));
}

static void check(void)
{
	SYS(pidfd_send_signal(was.fd, SIGKILL, NULL, 0));
}

ZDTM_TEST = {
	.doc = "a pidfd of a process outside the tree is refused",
	.object = "pidfd",
	.demand = MUST_REFUSE,
	.setup = setup,
	.check = check,
};
