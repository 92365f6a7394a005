// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page that was written once and then forked is one page in all who have it, until somebody writes
 * again. Restored as copies everything looks the same, but takes as much memory as there are tasks.
 */
#include "zdtm.h"

enum { CHILD, GRANDCHILD, SIBLINGS };
enum { WRITTEN };

#define MAX 3

static struct {
	unsigned char *page;
	struct blob data;
	pid_t *pids; /* of all who have the page; shared */
	int n;
} was;

static void have_page(long generations)
{
	pid_t pid = 0;

	if (generations > 1)
		pid = was.pids[2] = t_fork(have_page, generations - 1);
	t_wait(WRITTEN);
	EXPECT_MEM_IS(was.page, &was.data);
	if (pid)
		t_join(pid);
}

static uint64_t frame(pid_t pid)
{
	uint64_t entry = t_pagemap(pid, was.page);

	EXPECT(entry & T_PM_PRESENT);
	return entry & T_PM_FRAME;
}

static void setup(void)
{
	was.page = t_map(T_PAGE, MAP_PRIVATE);
	was.data = t_fill_mem(was.page, T_PAGE);
	was.pids = t_map(T_PAGE, MAP_SHARED);
	was.pids[0] = getpid();
	was.pids[1] = t_fork(have_page, variant->arg == GRANDCHILD ? 2 : 1);
	if (variant->arg == SIBLINGS)
		was.pids[2] = t_fork(have_page, 1);
	was.n = variant->arg == CHILD ? 2 : 3;
	for (int i = 1; i < was.n; i++)
		t_wait_syscall(was.pids[1], SYS_futex);
}

static void check(void)
{
	uint64_t first = frame(was.pids[0]);

	EXPECT_NE(first, 0);
	for (int i = 1; i < was.n; i++)
		EXPECT_EQ(frame(was.pids[i]), first);

	/* One page, but nobody else's business. */
	was.page[0]++;
	EXPECT_NE(frame(was.pids[0]), frame(was.pids[1]));
	for (int i = 1; i < was.n; i++)
		t_wake(WRITTEN);
	t_join(was.pids[1]);
	if (variant->arg == SIBLINGS)
		t_join(was.pids[2]);
}

ZDTM_TEST = {
	.doc = "a page written before a fork is still one page in all who have it",
	.object = "mm",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* for page frame numbers */
	.variants = VARIANTS({ "child", CHILD }, { "grandchild", GRANDCHILD },
			     { "siblings", SIBLINGS }),
	.setup = setup,
	.check = check,
};
