// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two mappings that grow downwards, one above the other with a hole between them. The hole is still
 * one, and the upper may grow until it is used up.
 */
#include "zdtm.h"

#define HOLE 8
#define SIZE ((HOLE + 2) * T_PAGE)

static struct {
	unsigned char *lower, *upper;
	struct blob data[2];
} was;

static void *grows_down(void *at)
{
	return SYS(mmap(at, T_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0));
}

static void setup(void)
{
	was.lower = SYS(mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	was.upper = was.lower + SIZE - T_PAGE;
	SYS(munmap(was.lower, SIZE));
	grows_down(was.lower);
	grows_down(was.upper);
	was.data[0] = t_fill_mem(was.lower, T_PAGE);
	was.data[1] = t_fill_mem(was.upper, T_PAGE);
}

static void check(void)
{
	EXPECT_MEM_IS(was.lower, &was.data[0]);
	EXPECT_MEM_IS(was.upper, &was.data[1]);
	EXPECT(t_vma_has(was.lower, "gd"));
	EXPECT(t_vma_has(was.upper, "gd"));
	EXPECT_EQ(t_vma(was.lower).end, was.lower + T_PAGE);
	EXPECT_EQ(t_vma(was.upper).start, was.upper);

	for (unsigned char *at = was.upper; at > was.lower; at -= T_PAGE)
		EXPECT_EQ(t_try_write(at), 0);
	EXPECT_EQ(t_vma(was.upper).start, was.lower + T_PAGE);
	EXPECT_MEM_IS(was.lower, &was.data[0]);
}

ZDTM_TEST = {
	.doc = "two mappings that grow downwards keep the hole between them, to grow into",
	.object = "mm",
	.setup = setup,
	.check = check,
};
