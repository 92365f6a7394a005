// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a thread's new pages are to come from: mode, flags and nodes, for the main thread and
 * another one that has no policy. One node is enough to tell them apart. criu 4.2 loses the
 * policy.
 */
#include <linux/mempolicy.h>

#include "zdtm.h"

#define NODES 1024

enum { READY, GO };

static struct {
	pthread_t thread;
} was;

static void expect_policy(int mode)
{
	unsigned long nodes[NODES / 64] = {};
	int now = -1;

	SYS(syscall(SYS_get_mempolicy, &now, nodes, NODES, NULL, 0));
	/* Before 5.14 MPOL_LOCAL is a preference for no node at all. */
	if (mode == MPOL_LOCAL && now == MPOL_PREFERRED)
		now = MPOL_LOCAL;
	EXPECT_EQ(now, mode);
	EXPECT_EQ(nodes[0], mode == MPOL_DEFAULT || mode == MPOL_LOCAL ? 0 : 1);
	for (int i = 1; i < NODES / 64; i++)
		EXPECT_EQ(nodes[i], 0);
}

static void thread(long unused)
{
	t_wake(READY);
	t_wait(GO);
	expect_policy(MPOL_DEFAULT);
}

static void setup(void)
{
	unsigned long node0 = 1;

	was.thread = t_thread(thread, 0);
	t_wait(READY);
	if (syscall(SYS_set_mempolicy, variant->arg, variant->arg == MPOL_LOCAL ? NULL : &node0,
		    variant->arg == MPOL_LOCAL ? 0 : NODES))
		t_skip("set_mempolicy: %s", strerror(errno));
}

static void check(void)
{
	expect_policy(variant->arg);
	t_wake(GO);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "a thread's memory policy keeps its mode, flags and nodes",
	.object = "sched",
	.variants = VARIANTS({ "bind", MPOL_BIND }, { "preferred", MPOL_PREFERRED },
			     { "interleave", MPOL_INTERLEAVE }, { "local", MPOL_LOCAL },
			     { "preferred_many", MPOL_PREFERRED_MANY | MPOL_F_STATIC_NODES },
			     { "bind_relative", MPOL_BIND | MPOL_F_RELATIVE_NODES }),
	.setup = setup,
	.check = check,
};
