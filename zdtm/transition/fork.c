// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that forks, and reaps what it forked, all the time. A dump finds it anywhere in that: with
 * a child that has just begun, is about to exit or is a zombie.
 */
#include "zdtm.h"

enum { TURNING, STILL_TURNING };

static pid_t forker;

static void fork_and_reap(int status)
{
	pid_t pid = SYS(fork());

	if (pid == 0)
		_exit(status);
	EXPECT_EQ(WEXITSTATUS(t_reap(pid)), status);
}

static void keep_forking(long unused)
{
	for (int i = 0; !t_over(); i++) {
		fork_and_reap(i % 100);
		if (i == 10)
			t_wake(TURNING);
	}
	/* What runs on until here still works after the restore. */
	fork_and_reap(7);
	t_wake(STILL_TURNING);
}

static void setup(void)
{
	forker = t_fork(keep_forking, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_wait(STILL_TURNING);
	t_join(forker);
}

ZDTM_TEST = {
	.doc = "a task that forks all the time goes on, and loses no child's status",
	.object = "task",
	.setup = setup,
	.check = check,
};
