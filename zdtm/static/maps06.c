// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thousands of pages side by side that are in turn private of a file and anonymous, each with bytes
 * of its own: as many mappings, none of which may be taken for its neighbour's continuation.
 */
#include "zdtm.h"

#define PAIRS 2000

static struct {
	unsigned char *at;
} was;

static unsigned char *page(int i)
{
	return was.at + i * T_PAGE;
}

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600)), marker = -1;

	SYS(ftruncate(fd, T_PAGE));
	SYS(pwrite(fd, &marker, sizeof(marker), sizeof(int)));
	was.at = t_map(2 * PAIRS * T_PAGE, MAP_PRIVATE);
	for (int i = 0; i < 2 * PAIRS; i++) {
		if (i % 2)
			SYS(mmap(page(i), T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
				 fd, 0));
		*(int *)page(i) = i + 1;
	}
	SYS(close(fd));
}

static void check(void)
{
	for (int i = 0; i < 2 * PAIRS; i++) {
		EXPECT_EQ(((int *)page(i))[0], i + 1);
		EXPECT_EQ(((int *)page(i))[1], i % 2 ? -1 : 0);
	}
	/* Dropping the copies shows what is behind them: the file, or nothing. */
	SYS(madvise(was.at, 2 * PAIRS * T_PAGE, MADV_DONTNEED));
	for (int i = 0; i < 2 * PAIRS; i++) {
		EXPECT_EQ(((int *)page(i))[0], 0);
		EXPECT_EQ(((int *)page(i))[1], i % 2 ? -1 : 0);
	}
}

ZDTM_TEST = {
	.doc = "thousands of mappings side by side, of a file and of none, stay what they are",
	.object = "mm",
	.setup = setup,
	.check = check,
};
