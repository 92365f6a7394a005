// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that waits in vfork() for a child that runs in its memory: the dump must not wait for it,
 * too.
 */
#include "zdtm.h"

enum { READY, GO };

static pid_t parent;

/* Nothing but system calls in the child: its stack is its parent's. */
static void forks(long unused)
{
	volatile int ran = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		ran = 1;
		t_wake(READY);
		t_wait(GO);
		_exit(3);
	}
	EXPECT_EQ(ran, 1);
	EXPECT_EQ(WEXITSTATUS(t_reap(pid)), 3);
}

static void setup(void)
{
	parent = t_fork(forks, 0);
	t_wait(READY);
}

static void check(void)
{
	t_wake(GO);
	t_join(parent);
}

ZDTM_TEST = {
	.doc = "a task in vfork() is not dumped, and carries on",
	.object = "task",
	.demand = MUST_REFUSE,
	.setup = setup,
	.check = check,
};
