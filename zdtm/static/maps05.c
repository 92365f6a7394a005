// SPDX-License-Identifier: GPL-2.0-only
/* Thousands of mappings of one page, with a page of nothing between each two. */
#include "zdtm.h"

#define PAGES 4096

static struct {
	unsigned char *at;
} was;

static unsigned char *page(int i)
{
	return was.at + 2 * i * T_PAGE;
}

static void setup(void)
{
	was.at = t_map(2 * PAGES * T_PAGE, MAP_PRIVATE);
	for (int i = 0; i < PAGES; i++) {
		*(int *)page(i) = i + 1;
		SYS(munmap(page(i) + T_PAGE, T_PAGE));
	}
}

static void check(void)
{
	/* Nothing may be mapped by malloc() and the like before this has been looked at. */
	for (int i = 0; i < PAGES; i++) {
		EXPECT_EQ(*(int *)page(i), i + 1);
		EXPECT_EQ(t_try_read(page(i) + T_PAGE), SIGSEGV);
	}
}

ZDTM_TEST = {
	.doc = "thousands of small mappings keep their bytes, and the holes between them",
	.object = "mm",
	.setup = setup,
	.check = check,
};
