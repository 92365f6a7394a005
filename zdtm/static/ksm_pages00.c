// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that may be merged with equal pages of others: ranges of one mapping that were advised so, and
 * not what is between; or all of a process that asked for it as a whole, but for one range that it
 * exempted afterwards. Two tasks have the same content: a later write is seen by its writer alone,
 * merged or not.
 *
 * criu 4.2 forgets that a process asked for it as a whole.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

enum { RANGES, PROCESS }; /* variant->arg */
enum { READY, GO };

#define PAGES 16
#define ODD   6 /* pages of the range that differs from the rest, in the middle */

static struct {
	char *at;
	pid_t child;
} was;

static void expect_marked(void)
{
	bool odd = variant->arg == RANGES;

	EXPECT_EQ(t_vma_has(was.at, "mg"), !odd);
	EXPECT_EQ(t_vma_has(was.at + PAGES * T_PAGE, "mg"), odd);
	EXPECT_EQ(t_vma_has(was.at + (PAGES + ODD - 1) * T_PAGE, "mg"), odd);
	EXPECT_EQ(t_vma_has(was.at + (PAGES + ODD) * T_PAGE, "mg"), !odd);
	EXPECT_EQ(SYS(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)), !odd);
	/* Mappings to come. */
	EXPECT_EQ(t_vma_has(t_map(3 * T_PAGE, MAP_PRIVATE), "mg"), !odd);
}

static void expect_own(char mine)
{
	for (int i = 0; i < 2 * PAGES; i++)
		EXPECT_EQ(was.at[i * T_PAGE + 5], 'k');
	memset(was.at, mine, 2 * PAGES * T_PAGE);
	t_wake(READY);
	t_wait(GO);
	for (int i = 0; i < 2 * PAGES; i++)
		EXPECT_EQ(was.at[i * T_PAGE + 5], mine);
}

static void child(long unused)
{
	/* As it is not COW of the parent's: a content of its own. */
	memset(was.at, 'k', 2 * PAGES * T_PAGE);
	t_wake(READY);
	t_wait(GO);
	expect_marked();
	expect_own('c');
}

static void setup(void)
{
	was.at = t_map(2 * PAGES * T_PAGE, MAP_PRIVATE);
	if (variant->arg == PROCESS)
		SYS(prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0));
	SYS(madvise(was.at + PAGES * T_PAGE, ODD * T_PAGE,
		    variant->arg == PROCESS ? MADV_UNMERGEABLE : MADV_MERGEABLE));
	memset(was.at, 'k', 2 * PAGES * T_PAGE);
	expect_marked();
	was.child = t_fork(child, 0);
	t_wait(READY);
}

static void check(void)
{
	expect_marked();
	t_wake(GO);
	t_wait(READY);
	t_wake(GO);
	for (int i = 0; i < 2 * PAGES; i++)
		EXPECT_EQ(was.at[i * T_PAGE + 5], 'k');
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "memory that may be merged may be so still, and nothing else, and is private all the same",
	.object = "ksm",
	.needs = LIST("ksm.merge_any"),
	.variants = VARIANTS({ "ranges", RANGES }, { "process", PROCESS }),
	.setup = setup,
	.check = check,
};
