// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private memory in pages of hugetlb that a child has inherited: some are written by one of them
 * since, some are not touched at all, some must not be touched. When the machine has no page to
 * spare, nobody may take one even for a moment, be it by reading (pages that are pinned are no
 * longer shared): the kernel would take it from the child. criu 4.2 wants some to restore into, and
 * copies what is common.
 */
#include "zdtm.h"

#define PAGES 4

enum { COMMON, CHILDS, UNTOUCHED, FORBIDDEN };

static struct {
	char *at;
	struct blob data, childs;
	pid_t child;
} was;

static void child(long unused)
{
	was.childs = t_fill_mem(was.at + CHILDS * T_HUGE + 777, T_PAGE);
	t_wake(0);
	t_wait(1);
	EXPECT_MEM_IS(was.at + COMMON * T_HUGE + 5, &was.data);
	EXPECT_MEM_IS(was.at + CHILDS * T_HUGE + 777, &was.childs);
	EXPECT_EQ(was.at[CHILDS * T_HUGE], 'x');
}

static uint64_t frame(pid_t pid, unsigned int page)
{
	return t_pagemap(pid, was.at + page * T_HUGE) & T_PM_FRAME;
}

static void setup(void)
{
	/* The child has a page of its own. */
	t_huge_pages(PAGES + 1, variant->arg);
	was.at = SYS(mmap(NULL, PAGES * T_HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
	was.data = t_fill_mem(was.at + COMMON * T_HUGE + 5, 3 * T_PAGE);
	was.at[CHILDS * T_HUGE] = 'x';
	SYS(mprotect(was.at + FORBIDDEN * T_HUGE, T_HUGE, PROT_NONE));
	was.child = t_fork(child, 0);
	t_wait(0);
}

static void check(void)
{
	EXPECT(t_vma_has(was.at, "ht"));
	EXPECT_MEM_IS(was.at + COMMON * T_HUGE + 5, &was.data);
	EXPECT_EQ(was.at[CHILDS * T_HUGE], 'x');
	EXPECT_EQ(was.at[CHILDS * T_HUGE + 777], 0);
	EXPECT_NE(frame(getpid(), COMMON), 0);
	EXPECT_EQ(frame(getpid(), COMMON), frame(was.child, COMMON));
	EXPECT_NE(frame(getpid(), CHILDS), frame(was.child, CHILDS));
	EXPECT_EQ(t_pagemap(getpid(), was.at + UNTOUCHED * T_HUGE) & T_PM_PRESENT, 0);
	EXPECT_EQ(t_try_read(was.at + FORBIDDEN * T_HUGE), SIGSEGV);
	t_wake(1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "private memory of huge pages, inherited and written to since",
	.object = "mm",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* to see frames, of the child as well */
	.exclusive = true,
	.variants = VARIANTS({ "spare", true }, { "none_left", false }),
	.setup = setup,
	.check = check,
	.cleanup = t_huge_pages_back,
};
