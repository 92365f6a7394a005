// SPDX-License-Identifier: GPL-2.0-only
/*
 * An I/O context in common (CLONE_IO), which the disk scheduler knows tasks by: with it goes the
 * I/O priority. A child made without has one of its own.
 */
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <sched.h>

#include "zdtm.h"

enum { SHARES, APART, CHILDREN };
enum { GO };

static pid_t children[CHILDREN];

static void waits(long unused)
{
	t_wait(GO);
}

static int compare(pid_t pid)
{
	return SYS(syscall(SYS_kcmp, getpid(), pid, KCMP_IO, 0, 0));
}

static void setup(void)
{
	/* Without a priority there is no context to share. */
	SYS(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)));
	children[SHARES] = t_clone(CLONE_IO, SIGCHLD, waits, 0);
	children[APART] = t_fork(waits, 0);
}

static void check(void)
{
	EXPECT_EQ(compare(children[SHARES]), 0);
	EXPECT_NE(compare(children[APART]), 0);
	for (int i = 0; i < CHILDREN; i++)
		t_wake(GO);
	for (int i = 0; i < CHILDREN; i++)
		t_join(children[i]);
}

ZDTM_TEST = {
	.doc = "tasks with an I/O context in common still have it so",
	.object = "task",
	.demand = REPORT,
	.needs = LIST("kcmp.io_context"),
	.setup = setup,
	.check = check,
};
