// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that came by fork and has since been cut up in the child: a part unmapped, a part made
 * read-only, a part given advice. What is left is still the parent's pages.
 *
 * criu 4.2 loses it: it looks for mappings that are the same from end to end.
 */
#include "zdtm.h"

enum { SPLIT, JUDGE };

#define PAGES 16

static struct {
	unsigned char *at;
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	SYS(munmap(was.at, T_PAGE));
	SYS(mprotect(was.at + 4 * T_PAGE, 4 * T_PAGE, PROT_READ));
	SYS(madvise(was.at + 10 * T_PAGE, 2 * T_PAGE, MADV_DONTFORK));
	t_wake(SPLIT);
	t_wait(JUDGE);
	EXPECT_EQ(t_try_read(was.at), SIGSEGV);
	EXPECT_EQ(t_try_write(was.at + 4 * T_PAGE), SIGSEGV);
	EXPECT(t_vma_has(was.at + 10 * T_PAGE, "dc"));
}

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	was.data = t_fill_mem(was.at, PAGES * T_PAGE);
	was.child = t_fork(child, 0);
	t_wait(SPLIT);
}

static void check(void)
{
	int shared = 0;

	for (int i = 1; i < PAGES; i++) {
		uint64_t ours = t_pagemap(getpid(), was.at + i * T_PAGE) & T_PM_FRAME;
		uint64_t theirs = t_pagemap(was.child, was.at + i * T_PAGE) & T_PM_FRAME;

		shared += ours && ours == theirs;
	}
	EXPECT_EQ(shared, PAGES - 1);
	EXPECT_MEM_IS(was.at, &was.data);
	t_wake(JUDGE);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "pages stay shared with the parent when the child has cut up the memory around them",
	.object = "mm",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* for page frame numbers */
	.setup = setup,
	.check = check,
};
