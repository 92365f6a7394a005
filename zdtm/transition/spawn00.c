// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs started all the time the fast way: by vfork(), where the parent waits until the child,
 * which runs in its memory, has executed something else. That moment cannot be dumped, but it
 * passes.
 */
#include "zdtm.h"

enum { TURNING };

static pid_t starter;

static void program(long nr)
{
	_exit(nr % 100);
}

static void starts(long unused)
{
	for (volatile long nr = 0; !t_over(); nr++) {
		pid_t pid = vfork();

		if (pid == 0)
			t_exec(-1, program, nr);
		SYS(pid);
		EXPECT_EQ(WEXITSTATUS(t_reap(pid)), nr % 100);
		if (nr == 5)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	starter = t_fork(starts, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(starter);
}

ZDTM_TEST = {
	.doc = "programs started by vfork() and exec go on being started",
	.object = "task",
	.setup = setup,
	.check = check,
};
