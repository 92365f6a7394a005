// SPDX-License-Identifier: GPL-2.0-only
/* A chain of tasks, each the child of the one before: every link knows its neighbours. */
#include "zdtm.h"

#define DEPTH 60

enum { READY, GO };

static struct {
	pid_t first, pid[DEPTH]; /* shared */
} * was;

static void link_of_chain(long i)
{
	pid_t child = 0;

	was->pid[i] = getpid();
	if (i + 1 < DEPTH)
		child = t_fork(link_of_chain, i + 1);
	else
		t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(getpid(), was->pid[i]);
	if (i > 0)
		EXPECT_EQ(getppid(), was->pid[i - 1]);
	if (child)
		t_join(child);
}

static void setup(void)
{
	was = SYS(mmap(NULL, sizeof(*was), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0));
	was->first = t_fork(link_of_chain, 0);
	t_wait(READY);
}

static void check(void)
{
	for (int i = 0; i < DEPTH; i++)
		t_wake(GO);
	t_join(was->first);
}

ZDTM_TEST = {
	.doc = "a long chain of parents and children stays whole",
	.object = "task",
	.setup = setup,
	.check = check,
};
