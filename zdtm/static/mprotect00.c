// SPDX-License-Identifier: GPL-2.0-only
/*
 * Neighbouring anonymous pages that were never written, with every protection there is. They are
 * tried, and then let themselves be opened and are still empty.
 */
#include "zdtm.h"

static const int prots[] = { PROT_NONE,
			     PROT_READ,
			     PROT_READ | PROT_WRITE,
			     PROT_READ | PROT_WRITE | PROT_EXEC,
			     PROT_READ | PROT_EXEC,
			     PROT_NONE };
#define PAGES (sizeof(prots) / sizeof(prots[0]))

static const unsigned char zeroes[PAGES * T_PAGE];

static struct {
	unsigned char *at;
} was;

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	for (size_t i = 0; i < PAGES; i++)
		SYS(mprotect(was.at + i * T_PAGE, T_PAGE, prots[i]));
}

static void check(void)
{
	for (size_t i = 0; i < PAGES; i++) {
		unsigned char *page = was.at + i * T_PAGE;

		EXPECT_EQ(t_pagemap(getpid(), page) & T_PM_PRESENT, 0);
		EXPECT_EQ(t_try_read(page), prots[i] & PROT_READ ? 0 : SIGSEGV);
		EXPECT_EQ(t_try_write(page), prots[i] & PROT_WRITE ? 0 : SIGSEGV);
		EXPECT_EQ(t_vma(page).perms[2], prots[i] & PROT_EXEC ? 'x' : '-');
	}
	SYS(mprotect(was.at, PAGES * T_PAGE, PROT_READ));
	EXPECT_MEM(was.at, zeroes, PAGES * T_PAGE);
}

ZDTM_TEST = {
	.doc = "empty pages keep their protection, whatever it is",
	.object = "mm",
	.setup = setup,
	.check = check,
};
