// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that was moved. MREMAP_DONTUNMAP leaves an empty mapping behind, a plain move nothing, and
 * what was moved remembers where it came from in its page offset: two mappings that lie side by side
 * now are no whole.
 */
#include "zdtm.h"

#define PAGES 6

static const unsigned char zeroes[PAGES * T_PAGE];

static struct {
	unsigned char *from, *to;
	struct blob data[2];
} was;

static void setup(void)
{
	was.from = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	was.data[0] = t_fill_mem(was.from, 2 * T_PAGE);
	was.data[1] = t_fill_mem(was.from + 2 * T_PAGE, (PAGES - 2) * T_PAGE);
	was.to = SYS(mmap(NULL, PAGES * T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	/* The back comes to the front. */
	SYS(mremap(was.from + 2 * T_PAGE, (PAGES - 2) * T_PAGE, (PAGES - 2) * T_PAGE,
		   MREMAP_MAYMOVE | MREMAP_FIXED | variant->arg, was.to));
	SYS(mremap(was.from, 2 * T_PAGE, 2 * T_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | variant->arg,
		   was.to + (PAGES - 2) * T_PAGE));
}

static void check(void)
{
	EXPECT_EQ(t_try_write(was.from), variant->arg ? 0 : SIGSEGV);
	EXPECT_EQ(t_try_write(was.from + 2 * T_PAGE), variant->arg ? 0 : SIGSEGV);
	if (variant->arg)
		EXPECT_MEM(was.from, zeroes, PAGES * T_PAGE);
	EXPECT_MEM_IS(was.to, &was.data[1]);
	EXPECT_MEM_IS(was.to + (PAGES - 2) * T_PAGE, &was.data[0]);
	EXPECT_EQ(t_try_write(was.to), 0);
}

ZDTM_TEST = {
	.doc = "memory that was moved is where it was moved to, and only there",
	.object = "mm",
	.variants = VARIANTS({ "moved", 0 }, { "left_mapped", MREMAP_DONTUNMAP }),
	.setup = setup,
	.check = check,
};
