// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task whose heap grows and shrinks all the time, by odd numbers of bytes: what is in it stays, what
 * was given back is empty when it returns.
 */
#include "zdtm.h"

#define MOST (100 * T_PAGE)

enum { TURNING };

static pid_t child;

/* Counts from the first address of a page within our part of the heap. */
static void up_and_down(long unused)
{
	unsigned char *begin = SYS(sbrk(0)), *end = begin;
	uint32_t lot = 1;

	for (int n = 1; !t_over(); n++) {
		size_t size = (lot = lot * 1664525 + 1013904223) % MOST;
		unsigned char *first = begin + ((end - begin) + T_PAGE - 1) / T_PAGE * T_PAGE;

		SYS(brk(begin + size));
		EXPECT_EQ(sbrk(0), begin + size);
		/* New pages are empty; each gets a mark. */
		for (unsigned char *p = first; p < begin + size; p += T_PAGE) {
			EXPECT_EQ(*p, 0);
			*p = 1 + (p - begin) / T_PAGE % 255;
		}
		end = begin + size;
		for (unsigned char *p = begin; p < end; p += T_PAGE)
			EXPECT_EQ(*p, 1 + (p - begin) / T_PAGE % 255);
		if (n == 100)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	/* Has the library take what it needs of the heap, and begin ours with a page. */
	free(SYS_PTR(malloc(1000)));
	SYS(sbrk(T_PAGE - (uintptr_t)SYS(sbrk(0)) % T_PAGE));
	child = t_fork(up_and_down, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(child);
}

ZDTM_TEST = {
	.doc = "a heap that grows and shrinks all the time keeps what is in it",
	.object = "mm",
	.setup = setup,
	.check = check,
};
