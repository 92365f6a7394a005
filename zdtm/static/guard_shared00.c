// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard pages in shared memory belong to one task's mapping of it: what one has guarded another reads
 * and writes, and the bytes behind a guard are still there.
 */
#include "zdtm.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* since 6.13, for shared memory since 6.15 */
#define MADV_GUARD_REMOVE  103
#endif

enum { BOTH, PARENT, NONE, PAGES };
enum { CHILD_READY, JUDGE };

static struct {
	unsigned char *at;
	struct blob data[PAGES];
	pid_t child;
} was;

static unsigned char *page(int i)
{
	return was.at + i * T_PAGE;
}

static void child(long unused)
{
	SYS(madvise(page(PARENT), T_PAGE, MADV_GUARD_REMOVE));
	t_wake(CHILD_READY);
	t_wait(JUDGE);
	EXPECT_EQ(t_try_read(page(BOTH)), SIGSEGV);
	EXPECT_MEM_IS(page(PARENT), &was.data[PARENT]);
	EXPECT_MEM_IS(page(NONE), &was.data[NONE]);
}

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_SHARED);
	for (int i = 0; i < PAGES; i++)
		was.data[i] = t_fill_mem(page(i), T_PAGE);
	SYS(madvise(page(BOTH), T_PAGE, MADV_GUARD_INSTALL));
	SYS(madvise(page(PARENT), T_PAGE, MADV_GUARD_INSTALL));
	was.child = t_fork(child, 0);
	t_wait(CHILD_READY);
}

static void check(void)
{
	EXPECT_EQ(t_try_read(page(BOTH)), SIGSEGV);
	EXPECT_EQ(t_try_read(page(PARENT)), SIGSEGV);
	EXPECT_MEM_IS(page(NONE), &was.data[NONE]);
	t_wake(JUDGE);
	t_join(was.child);

	SYS(madvise(was.at, PAGES * T_PAGE, MADV_GUARD_REMOVE));
	for (int i = 0; i < PAGES; i++)
		EXPECT_MEM_IS(page(i), &was.data[i]);
}

ZDTM_TEST = {
	.doc = "guard pages in shared memory are one task's own, and hide bytes without losing them",
	.object = "mm",
	.needs = LIST("madvise.guard", "madvise.guard_file", "pagemap.scan_guard"),
	.setup = setup,
	.check = check,
};
