// SPDX-License-Identifier: GPL-2.0-only
/*
 * From which nodes the pages of some ranges of one mapping are to come: modes, flags and nodes of each,
 * the places where one ends, and none for what lies between; in a child, which got them all by fork
 * and has given up one of them, too. In shared memory it is the file that has the policy, whoever
 * maps it. One node is enough to tell them apart.
 *
 * criu 4.2 loses them all.
 */
#include <linux/mempolicy.h>

#include "zdtm.h"

#define NODES 1024

enum { GO };

static const struct {
	unsigned int page, pages;
	int mode;
} ranges[] = {
	{ 1, 3, MPOL_BIND | MPOL_F_STATIC_NODES },
	{ 5, 2, MPOL_INTERLEAVE | MPOL_F_RELATIVE_NODES },
	{ 8, 1, MPOL_PREFERRED },
	{ 9, 1, MPOL_PREFERRED_MANY },
	{ 11, 1, MPOL_LOCAL },
	{ 13, 1, MPOL_BIND },
};

#define RANGES 6
#define PAGES  16
#define GIVEN  0 /* range that the child has given up */

static struct {
	char *at;
	pid_t child;
} was;

static int policy(unsigned int page, unsigned long nodes[NODES / 64])
{
	int mode = -1;

	memset(nodes, 0, NODES / 8);
	SYS(syscall(SYS_get_mempolicy, &mode, nodes, NODES, was.at + page * T_PAGE, MPOL_F_ADDR));
	return mode;
}

static void expect_policies(int but)
{
	unsigned long nodes[NODES / 64];
	int expected[PAGES] = {};

	for (int i = 0; i < RANGES; i++)
		for (unsigned int k = 0; i != but && k < ranges[i].pages; k++)
			expected[ranges[i].page + k] = ranges[i].mode;
	for (unsigned int page = 0; page < PAGES; page++) {
		EXPECT_EQ(policy(page, nodes), expected[page]);
		EXPECT_EQ(nodes[0], expected[page] && expected[page] != MPOL_LOCAL);
	}
}

static void child(long unused)
{
	if (!variant->arg)
		SYS(syscall(SYS_mbind, was.at + ranges[GIVEN].page * T_PAGE,
			    ranges[GIVEN].pages * T_PAGE, MPOL_DEFAULT, NULL, 0, 0));
	t_wake(GO);
	t_wait(GO + 1);
	expect_policies(variant->arg ? -1 : GIVEN);
}

static void setup(void)
{
	unsigned long node0 = 1;

	was.at = t_map(PAGES * T_PAGE, variant->arg ? MAP_SHARED : MAP_PRIVATE);
	for (int i = 0; i < RANGES; i++) {
		bool local = ranges[i].mode == MPOL_LOCAL;

		SYS(syscall(SYS_mbind, was.at + ranges[i].page * T_PAGE, ranges[i].pages * T_PAGE,
			    ranges[i].mode, local ? NULL : &node0, local ? 0 : NODES, 0));
	}
	memset(was.at, 'x', 10 * T_PAGE);
	was.child = t_fork(child, 0);
	t_wait(GO);
}

static void check(void)
{
	struct vma v = t_vma(was.at + T_PAGE);

	expect_policies(-1);
	EXPECT_EQ(v.start, was.at + ranges[0].page * T_PAGE);
	EXPECT_EQ(v.end, v.start + ranges[0].pages * T_PAGE);
	t_wake(GO + 1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "each mapping keeps its memory policy: mode, flags and nodes",
	.object = "mempolicy",
	.needs = LIST("mempolicy.mapping", "mempolicy.many"),
	.variants = VARIANTS({ "private", false }, { "shared", true, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
