// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who adopts orphans is an attribute of the process, and whether one is below such a process is
 * one of each descendant, set when it is born or when its ancestor becomes a subreaper: here
 * before or after the descendants were forked.
 */
#include <sys/prctl.h>

#include "zdtm.h"

enum { BEFORE, AFTER }; /* variant->arg */
enum { READY, PARENT_GO, GRANDCHILD_GO };

static struct {
	pid_t child, *grandchild; /* shared */
} was;

static int is_subreaper(void)
{
	int yes = -1;

	SYS(prctl(PR_GET_CHILD_SUBREAPER, &yes));
	return yes;
}

static void grandchild(long main)
{
	t_wake(READY);
	t_wait(GRANDCHILD_GO);
	EXPECT_EQ(getppid(), main);
	EXPECT_EQ(is_subreaper(), 0);
}

static void child(long main)
{
	*was.grandchild = t_fork(grandchild, main);
	t_wait(PARENT_GO);
}

static void setup(void)
{
	was.grandchild =
		SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	if (variant->arg == BEFORE)
		SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	was.child = t_fork(child, getpid());
	t_wait(READY);
	if (variant->arg == AFTER)
		SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
}

static void check(void)
{
	EXPECT_EQ(is_subreaper(), 1);
	t_wake(PARENT_GO);
	t_join(was.child);
	t_wake(GRANDCHILD_GO);
	t_join(*was.grandchild);
}

ZDTM_TEST = {
	.doc = "a subreaper adopts its grandchildren, whatever came first",
	.object = "task",
	.variants =
		VARIANTS({ "before", BEFORE },
			 { "after", AFTER, .known_as = "static/child_subreaper_existing_child" }),
	.setup = setup,
	.check = check,
};
