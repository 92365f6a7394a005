// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that writes to memory all the time, a number to a page drawn by lot and into a table of what
 * it has written. Whenever it is stopped the two agree, in every kind of memory.
 */
#include "zdtm.h"

#define PAGES 64

enum { TURNING };

static struct {
	unsigned char *at;
	uint32_t wrote[PAGES];
	uint32_t lot;
	pid_t child;
} was;

static uint32_t draw(void)
{
	was.lot = was.lot * 1664525 + 1013904223;
	return was.lot >> 16;
}

static volatile uint32_t *page(int i)
{
	return (volatile uint32_t *)(was.at + i * T_PAGE);
}

static void touch(long unused)
{
	for (uint32_t n = 1; !t_over(); n++) {
		int i = draw() % PAGES;

		EXPECT_EQ(*page(i), was.wrote[i]);
		*page(i) = n;
		was.wrote[i] = n;
		if (n == 1000)
			t_wake(TURNING);
	}
	for (int i = 0; i < PAGES; i++)
		EXPECT_EQ(*page(i), was.wrote[i]);
}

static void setup(void)
{
	int fd = -1;

	if (!(variant->arg & MAP_ANONYMOUS)) {
		fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
		SYS(ftruncate(fd, PAGES * T_PAGE));
	}
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, variant->arg, fd, 0));
	was.child = t_fork(touch, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "memory that is written all the time holds what was written last",
	.object = "mm",
	.variants = VARIANTS({ "private", MAP_PRIVATE | MAP_ANONYMOUS },
			     { "shared", MAP_SHARED | MAP_ANONYMOUS },
			     { "private_file", MAP_PRIVATE }, { "shared_file", MAP_SHARED }),
	.setup = setup,
	.check = check,
};
