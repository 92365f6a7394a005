// SPDX-License-Identifier: GPL-2.0-only
/*
 * Megabytes with a hole in each eighth page, some of them read-only or out of reach in between. The
 * holes stay holes, the mappings are cut where they were, and what was one mapping before somebody
 * protected parts of it becomes one again when he takes that back.
 */
#include "zdtm.h"

#define SIZE   (6UL << 20)
#define PAGES  (SIZE / T_PAGE)
#define EIGHTH 8 /* page of each that many which nobody has touched */

struct cut {
	size_t from, to; /* bytes */
	int prot;
};

/* Large, small, large. */
static const struct cut cut[] = {
	{ 2UL << 20, (2UL << 20) + 5 * T_PAGE, PROT_READ },
	{ 4UL << 20, 5UL << 20, PROT_NONE },
	{ SIZE - 3 * T_PAGE, SIZE, PROT_READ },
};
#define CUTS (sizeof(cut) / sizeof(cut[0]))

static uint64_t *memory;

static uint64_t *page(size_t i)
{
	return memory + i * T_PAGE / sizeof(*memory);
}

static bool is_hole(size_t i)
{
	return i % EIGHTH == 3;
}

static void setup(void)
{
	char *wide =
		SYS(mmap(NULL, SIZE + 2 * T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	memory = (uint64_t *)(wide + T_PAGE);
	SYS(mprotect(memory, SIZE, PROT_READ | PROT_WRITE));
	SYS(madvise(memory, SIZE, MADV_NOHUGEPAGE));
	for (size_t i = 0; i < PAGES; i++)
		if (!is_hole(i))
			*page(i) = ~i;
	for (size_t i = 0; i < CUTS; i++)
		SYS(mprotect((char *)memory + cut[i].from, cut[i].to - cut[i].from, cut[i].prot));
}

static void expect_mapping(size_t from, size_t to, const char *perms)
{
	struct vma v = t_vma((char *)memory + from);

	EXPECT_EQ(v.start - (uintptr_t)memory, from);
	EXPECT_EQ(v.end - (uintptr_t)memory, to);
	EXPECT_STR(v.perms, perms);
}

static void expect_cuts(void)
{
	size_t end = 0;

	for (size_t i = 0; i < CUTS; i++) {
		expect_mapping(end, cut[i].from, "rw-p");
		expect_mapping(cut[i].from, cut[i].to, cut[i].prot == PROT_READ ? "r--p" : "---p");
		end = cut[i].to;
	}
}

static void check(void)
{
	size_t filled = 0, wrong = 0;

	expect_cuts();
	for (size_t i = 0; i < PAGES; i++)
		if (is_hole(i))
			filled += (t_pagemap(getpid(), page(i)) & T_PM_PRESENT) != 0;
	EXPECT_EQ(filled, 0);

	SYS(mprotect(memory, SIZE, PROT_READ | PROT_WRITE));
	expect_mapping(0, SIZE, "rw-p");
	for (size_t i = 0; i < PAGES; i++)
		wrong += *page(i) != (is_hole(i) ? 0 : ~i);
	EXPECT_EQ(wrong, 0);
}

ZDTM_TEST = {
	.doc = "memory with holes and protected parts keeps both, and can become one mapping again",
	.object = "mm",
	.setup = setup,
	.check = check,
};
