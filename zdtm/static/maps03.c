// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address space that is nearly all empty: a byte here and there. Neither saving nor restoring it may
 * touch the rest.
 */
#include "zdtm.h"

#define GIB (1UL << 30)

static const struct {
	size_t size;
	int flags;
} sizes[] = {
	{ 10 * GIB, MAP_NORESERVE },
	{ 1024 * GIB, MAP_NORESERVE },
};

static struct {
	unsigned char *at, *byte[3];
	size_t size;
} was;

static void setup(void)
{
	was.size = sizes[variant->arg].size;
	was.at = t_map(was.size, MAP_PRIVATE | sizes[variant->arg].flags);
	/* Huge pages would make the few bytes many. */
	SYS(madvise(was.at, was.size, MADV_NOHUGEPAGE));
	was.byte[0] = was.at + was.size / 5 * 2;
	was.byte[1] = was.at + was.size / 5 * 4 + 1;
	was.byte[2] = was.at + was.size - 1;
	for (int i = 0; i < 3; i++)
		*was.byte[i] = 'a' + i;
}

static void check(void)
{
	struct vma v = t_vma(was.at);

	EXPECT_EQ(v.start, was.at);
	EXPECT_EQ(v.end, was.at + was.size);
	EXPECT_EQ(v.rss, 3 * T_PAGE);
	EXPECT(t_vma_has(was.at, "nr"));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(*was.byte[i], 'a' + i);
	EXPECT_EQ(was.at[0], 0);
	EXPECT_EQ(was.at[was.size / 2], 0);
}

ZDTM_TEST = {
	.doc = "huge mappings with little in them stay huge, and nearly empty",
	.object = "mm",
	.variants = VARIANTS({ "10G", 0 }, { "1T", 1 }),
	.setup = setup,
	.check = check,
};
