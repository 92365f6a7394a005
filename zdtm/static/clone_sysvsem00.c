// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of semaphore operations to undo in common (CLONE_SYSVSEM): they are undone when the last
 * of its users ends, and not when the one that did them does. A child made without has its own
 * list.
 * criu 4.2 makes lists for all.
 */
#include <sched.h>
#include <sys/sem.h>

#include "zdtm.h"

enum { SHARES, APART, CHILDREN };

static struct {
	pid_t child[CHILDREN];
} was;

static void adds(long i)
{
	struct sembuf op = { i, 1, SEM_UNDO };

	t_wait(i);
	SYS(semop(0, &op, 1));
}

static void setup(void)
{
	was.child[SHARES] = t_clone(CLONE_SYSVSEM, SIGCHLD, adds, SHARES);
	was.child[APART] = t_fork(adds, APART);
}

static void check(void)
{
	/* The first in this namespace: its id is 0, wherever it is made. */
	EXPECT_EQ(SYS(semget(IPC_PRIVATE, CHILDREN, 0600)), 0);
	for (int i = 0; i < CHILDREN; i++) {
		t_wake(i);
		t_join(was.child[i]);
		EXPECT_EQ(SYS(semctl(0, i, GETVAL)), i == SHARES);
	}
}

ZDTM_TEST = {
	.doc = "tasks with a list of semaphore undos in common still have it so",
	.object = "task",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
