// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names given to anonymous memory, private and shared: of a range in the middle, which makes it a
 * mapping of its own; the same name again behind a change of protection; none around.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

#define PAGES 8
#define NAME  "zdtm: name, 1"

static char *at;

static void name(int page, int pages, const char *text)
{
	SYS(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, at + page * T_PAGE, pages * T_PAGE, text));
}

static void expect_name(int page, const char *text)
{
	struct vma v = t_vma(at + page * T_PAGE);
	char expected[64] = "";

	if (text)
		snprintf(expected, sizeof(expected), "[%s:%s]",
			 variant->arg == MAP_SHARED ? "anon_shmem" : "anon", text);
	else if (variant->arg == MAP_SHARED)
		snprintf(expected, sizeof(expected), "/dev/zero (deleted)");
	EXPECT_STR(v.name, expected);
}

static void setup(void)
{
	at = t_map(PAGES * T_PAGE, variant->arg);
	name(1, 4, NAME);
	name(6, 1, "x");
	SYS(mprotect(at + 3 * T_PAGE, 2 * T_PAGE, PROT_READ));
	expect_name(1, NAME);
}

static void check(void)
{
	expect_name(0, NULL);
	expect_name(1, NAME);
	expect_name(2, NAME);
	expect_name(3, NAME);
	expect_name(4, NAME);
	expect_name(5, NULL);
	expect_name(6, "x");
	expect_name(7, NULL);
	EXPECT_EQ(t_vma(at + T_PAGE).end, at + 3 * T_PAGE);
}

ZDTM_TEST = {
	.doc = "names of anonymous memory stay, each where it was",
	.object = "maps",
	.needs = LIST("maps.anon_name"),
	.variants = VARIANTS({ "private", MAP_PRIVATE, .demand = REPORT },
			     { "shared", MAP_SHARED, .demand = REPORT }),
	.setup = setup,
	.check = check,
};
