// SPDX-License-Identifier: GPL-2.0-only
/*
 * Neighbouring pages with different advice, alone and combined, and pages whose advice was taken
 * back: what VmFlags says page by page, where mappings end, and what a child gets.
 */
#include "zdtm.h"

static const struct page {
	int advice[3];     /* 0: none, but after the first that is MADV_NORMAL, and harmless */
	const char *flags; /* those of the ones below that are set */
} pages[] = {
	{ { 0 }, "" },
	{ { MADV_DONTFORK }, "dc" },
	{ { MADV_DONTFORK, MADV_DOFORK }, "" },
	{ { MADV_DONTDUMP }, "dd" },
	{ { MADV_DONTDUMP, MADV_DODUMP }, "" },
	{ { MADV_WIPEONFORK }, "wf" },
	{ { MADV_WIPEONFORK, MADV_KEEPONFORK }, "" },
	{ { MADV_NOHUGEPAGE }, "nh" },
	{ { MADV_HUGEPAGE }, "hg" },
	{ { MADV_MERGEABLE }, "mg" },
	{ { MADV_MERGEABLE, MADV_UNMERGEABLE }, "" },
	{ { MADV_DONTDUMP, MADV_WIPEONFORK, MADV_NOHUGEPAGE }, "dd wf nh" },
	{ { MADV_DONTFORK, MADV_MERGEABLE, MADV_HUGEPAGE }, "dc hg mg" },
	{ { MADV_SEQUENTIAL }, "sr" },
	{ { MADV_RANDOM, MADV_DONTDUMP }, "rr dd" },
	{ { 0 }, "" },
};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

static const char *const words[] = { "sr", "rr", "dc", "dd", "wf", "hg", "nh", "mg" };
#define WORDS (sizeof(words) / sizeof(words[0]))

static struct {
	unsigned char *at;
	struct blob data[PAGES];
} was;

static void child(long unused)
{
	for (size_t i = 0; i < PAGES; i++) {
		unsigned char *page = was.at + i * T_PAGE;
		bool there = !strstr(pages[i].flags, "dc");

		EXPECT_EQ(t_try_read(page), there ? 0 : SIGSEGV);
		if (there && strstr(pages[i].flags, "wf"))
			EXPECT_EQ(page[0] | page[1] | page[2], 0);
		else if (there)
			EXPECT_MEM_IS(page, &was.data[i]);
	}
}

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	for (size_t i = 0; i < PAGES; i++) {
		unsigned char *page = was.at + i * T_PAGE;

		for (int k = 0; k < 3; k++)
			if (pages[i].advice[k])
				SYS(madvise(page, T_PAGE, pages[i].advice[k]));
		was.data[i] = t_fill_mem(page, T_PAGE);
	}
}

static void check(void)
{
	for (size_t i = 0; i < PAGES; i++) {
		struct vma v = t_vma(was.at + i * T_PAGE);

		for (size_t k = 0; k < WORDS; k++)
			if (!strstr(v.flags, words[k]) != !strstr(pages[i].flags, words[k]))
				t_fail("page %zu has VmFlags %s, of %s it should have '%s'", i,
				       v.flags, words[k], pages[i].flags);
		/* No two neighbours have the same flags. */
		if (i > 0)
			EXPECT_EQ(v.start, was.at + i * T_PAGE);
		if (i < PAGES - 1)
			EXPECT_EQ(v.end, was.at + (i + 1) * T_PAGE);
	}
	for (size_t i = 0; i < PAGES; i++)
		EXPECT_MEM_IS(was.at + i * T_PAGE, &was.data[i]);
	t_join(t_fork(child, 0));
}

ZDTM_TEST = {
	.doc = "advice given to pages holds, each for its page, and none that was taken back",
	.object = "mm",
	.needs = LIST("smaps.advice"),
	.setup = setup,
	.check = check,
};
