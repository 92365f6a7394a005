// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locked memory: at once, which brings all of it in, or page by page as it is touched (mlock2()'s
 * MLOCK_ONFAULT), which must not become the former.
 *
 * criu 4.2 loses MLOCK_ONFAULT: the range comes back as a plain lock, with all pages in.
 */
#include "zdtm.h"

#define PAGES   64
#define TOUCHED 5

static struct {
	unsigned char *at;
	struct blob data;
	bool has_word;
} was;

static void setup(void)
{
	was.at = t_map(3 * PAGES * T_PAGE, MAP_PRIVATE) + PAGES * T_PAGE;
	SYS(madvise(was.at - PAGES * T_PAGE, 3 * PAGES * T_PAGE, MADV_NOHUGEPAGE));
	SYS(mlock2(was.at, PAGES * T_PAGE, variant->arg));
	was.has_word = t_vma_has(was.at, "lf");
	was.data = t_fill_mem(was.at, TOUCHED * T_PAGE);
}

static void check(void)
{
	bool on_fault = variant->arg == MLOCK_ONFAULT;
	struct vma v = t_vma(was.at);

	EXPECT_EQ(v.start, was.at);
	EXPECT_EQ(v.end, was.at + PAGES * T_PAGE);
	EXPECT(t_vma_has(was.at, "lo"));
	/* Kernels before 6.12 have no word for it; what is in tells there. */
	if (on_fault)
		EXPECT_EQ(t_vma_has(was.at, "lf"), was.has_word);
	else
		EXPECT(!t_vma_has(was.at, "lf"));
	EXPECT_EQ(v.rss, (on_fault ? TOUCHED : PAGES) * T_PAGE);
	EXPECT_EQ(t_field_num("/proc/self/status", "VmLck", 10), PAGES * T_PAGE / 1024);
	EXPECT(!t_vma_has(was.at - 1, "lo"));
	EXPECT(!t_vma_has(was.at + PAGES * T_PAGE, "lo"));
	EXPECT_MEM_IS(was.at, &was.data);
}

ZDTM_TEST = {
	.doc = "locked memory stays locked the way it was, and nothing else gets locked",
	.object = "mm",
	.variants = VARIANTS({ "at_once", 0 }, { "on_fault", MLOCK_ONFAULT }),
	.setup = setup,
	.check = check,
};
