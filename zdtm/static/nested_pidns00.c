// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child that is init of a pid namespace of its own, with a child there: two pids for each of
 * them, and the end of that init is the end of all. Or a task that has asked for such a namespace
 * for its children and has none yet.
 * criu 4.2 loses the latter.
 */
#include <sched.h>

#include "zdtm.h"

enum { LIVES, FOR_CHILDREN }; /* variant->arg */
enum { READY, GO };

static struct {
	pid_t init;
	int gone[2]; /* both inside have the end that writes */
} was;

static void below(long unused)
{
	EXPECT_EQ(getpid(), 2);
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(getpid(), 2);
	EXPECT_EQ(getppid(), 1);
	t_wake(READY);
	t_wait(GO + 1);
}

static void init(long unused)
{
	t_fork(below, 0);
	SYS(close(was.gone[0]));
	t_wait(GO);
	EXPECT_EQ(getpid(), 1);
	t_wake(READY);
	t_wait(GO + 1);
}

static void expect_init(long unused)
{
	EXPECT_EQ(getpid(), 1);
}

static void setup(void)
{
	if (variant->arg == FOR_CHILDREN) {
		SYS(unshare(CLONE_NEWPID));
		return;
	}
	SYS(pipe(was.gone));
	was.init = t_clone(CLONE_NEWPID, SIGCHLD, init, 0);
	SYS(close(was.gone[1]));
	t_wait(READY);
}

static void check(void)
{
	char path[64], *nspid, expected[64], c;

	if (variant->arg == FOR_CHILDREN) {
		t_join(t_clone(0, SIGCHLD, expect_init, 0));
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/status", was.init);
	snprintf(expected, sizeof(expected), "%d\t1", was.init);
	nspid = t_field(path, "NSpid");
	EXPECT_STR(nspid, expected);
	for (int i = 0; i < 2; i++)
		t_wake(GO);
	for (int i = 0; i < 2; i++)
		t_wait(READY);
	SYS(kill(was.init, SIGKILL));
	EXPECT_EQ(WTERMSIG(t_reap(was.init)), SIGKILL);
	EXPECT_EQ(SYS(read(was.gone[0], &c, 1)), 0);
}

ZDTM_TEST = {
	.doc = "a pid namespace inside, and one that is still to come, are there",
	.object = "pid_namespace",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* CLONE_NEWPID */
	.variants = VARIANTS({ "lives", LIVES }, { "for_children", FOR_CHILDREN,
						   .known_as = "static/pidns_for_children00" }),
	.setup = setup,
	.check = check,
};
