// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a child does not get to see: MADV_WIPEONFORK gives it zeroes instead, MAP_DROPPABLE
 * does so too and lets the kernel drop what is in it at any time. That holds for the child there is
 * and for the next one.
 */
#include "zdtm.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08 /* since 6.11 */
#endif

static const unsigned char zeroes[2 * T_PAGE];

static struct {
	unsigned char *at;
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	t_wait(0);
	EXPECT_MEM(was.at, zeroes, sizeof(zeroes));
}

static void setup(void)
{
	bool droppable = variant->arg == MAP_DROPPABLE;

	was.at = t_map(2 * T_PAGE, droppable ? MAP_DROPPABLE : MAP_PRIVATE);
	if (!droppable)
		SYS(madvise(was.at, 2 * T_PAGE, MADV_WIPEONFORK));
	was.data = t_fill_mem(was.at, 2 * T_PAGE);
	was.child = t_fork(child, 0);
}

static void check(void)
{
	bool dropped = variant->arg == MAP_DROPPABLE && memcmp(was.at, zeroes, sizeof(zeroes)) == 0;

	if (!dropped)
		EXPECT_MEM_IS(was.at, &was.data);
	EXPECT(t_vma_has(was.at, "wf"));
	EXPECT_EQ(t_vma_has(was.at, "dp"), variant->arg == MAP_DROPPABLE);
	t_fill_mem(was.at, 2 * T_PAGE);
	t_wake(0);
	t_join(was.child);
	t_wake(0);
	t_join(t_fork(child, 0));
}

ZDTM_TEST = {
	.doc = "memory that is wiped on fork, or droppable, is so for the next child too",
	.object = "mm",
	.variants = VARIANTS({ "wipe_on_fork", MADV_WIPEONFORK },
			     { "droppable", MAP_DROPPABLE, LIST("smaps.droppable") }),
	.setup = setup,
	.check = check,
};
