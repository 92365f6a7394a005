// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child makes its mapping of shared memory smaller and larger all the time, counting up the last
 * page there is and how often it has done so. Its parent has all of it and adds up the same sum.
 */
#include "zdtm.h"

#define PAGES 512

enum { TURNING };

static struct {
	unsigned char *at;
	uint64_t *sum; /* shared */
	pid_t child;
} was;

static void resize(long unused)
{
	unsigned char *at = was.at;

	for (size_t had = PAGES, n, i = 1; !t_over(); i++, had = n) {
		n = 1 + i * 37 % PAGES;
		at = SYS(mremap(at, had * T_PAGE, n * T_PAGE, MREMAP_MAYMOVE));
		++*(volatile uint64_t *)(at + (n - 1) * T_PAGE);
		++*(volatile uint64_t *)was.sum;
		if (i == 1000)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_SHARED);
	was.sum = t_map(T_PAGE, MAP_SHARED);
	was.child = t_fork(resize, 0);
	t_wait(TURNING);
}

static void check(void)
{
	uint64_t sum = 0;

	t_join(was.child);
	for (size_t i = 0; i < PAGES; i++)
		sum += *(uint64_t *)(was.at + i * T_PAGE);
	EXPECT_EQ(sum, *was.sum);
	EXPECT_GE(sum, 1000);
}

ZDTM_TEST = {
	.doc = "shared memory that one task resizes all the time loses no store",
	.object = "mm",
	.setup = setup,
	.check = check,
};
