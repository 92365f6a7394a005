// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory cut into hundreds of mappings by taking away the right to read some of its pages. Their
 * bytes are there all the same.
 */
#include "zdtm.h"

#define PAGES 2048

static struct {
	unsigned char *at;
	struct blob data;
} was;

static bool closed(int i)
{
	return i % 5 == 2 || i % 7 == 3;
}

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	was.data = t_fill_mem(was.at, PAGES * T_PAGE);
	for (int i = 0; i < PAGES; i++)
		if (closed(i))
			SYS(mprotect(was.at + i * T_PAGE, T_PAGE, PROT_NONE));
}

static void check(void)
{
	for (int i = 0; i < PAGES; i++)
		EXPECT_EQ(t_try_read(was.at + i * T_PAGE), closed(i) ? SIGSEGV : 0);
	SYS(mprotect(was.at, PAGES * T_PAGE, PROT_READ));
	EXPECT_MEM_IS(was.at, &was.data);
}

ZDTM_TEST = {
	.doc = "memory with hundreds of pages that nobody may touch keeps bytes and protection",
	.object = "mm",
	.setup = setup,
	.check = check,
};
