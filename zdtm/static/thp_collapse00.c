// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory in huge pages, one of which has since lost a small page in its middle. Whether it is huge
 * again is the kernel's affair; what is in it, and the hole, is not. But for kernels that make huge
 * pages of everything: those fill holes, too.
 */
#include "zdtm.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* since 6.1 */
#endif

#define HUGE        (2UL << 20)
#define THP_ENABLED "/sys/kernel/mm/transparent_hugepage/enabled"
#define GONE        77 /* the page that was dropped from the second huge page */

static const unsigned char zeroes[T_PAGE];

static struct {
	unsigned char *at;
	struct blob data[3]; /* before the hole, one page changed since, behind the hole */
} was;

static void setup(void)
{
	unsigned char *room = t_map(3 * HUGE, MAP_PRIVATE);

	was.at = room + HUGE - (uintptr_t)room % HUGE;
	was.data[0] = t_fill_mem(was.at, HUGE + GONE * T_PAGE);
	was.data[1] = t_fill_mem(was.at + HUGE + (GONE + 1) * T_PAGE, T_PAGE);
	was.data[2] = t_fill_mem(was.at + HUGE + (GONE + 2) * T_PAGE, HUGE - (GONE + 2) * T_PAGE);
	if (madvise(was.at, 2 * HUGE, MADV_COLLAPSE) < 0)
		t_skip("no huge pages to be had by MADV_COLLAPSE: %s", strerror(errno));
	was.data[1] = t_fill_mem(was.at + HUGE + (GONE + 1) * T_PAGE, T_PAGE);
	SYS(madvise(was.at + HUGE + GONE * T_PAGE, T_PAGE, MADV_DONTNEED));
}

static void check(void)
{
	unsigned char *gone = was.at + HUGE + GONE * T_PAGE;

	if (!strstr(t_slurp(THP_ENABLED), "[always]"))
		EXPECT_EQ(t_pagemap(getpid(), gone) & T_PM_PRESENT, 0);
	EXPECT_MEM(gone, zeroes, T_PAGE);
	EXPECT_MEM_IS(was.at, &was.data[0]);
	EXPECT_MEM_IS(gone + T_PAGE, &was.data[1]);
	EXPECT_MEM_IS(gone + 2 * T_PAGE, &was.data[2]);
}

ZDTM_TEST = {
	.doc = "memory in huge pages keeps its bytes, and the hole one of them has",
	.object = "mm",
	.setup = setup,
	.check = check,
};
