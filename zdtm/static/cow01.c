// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private pages on both sides of a fork, in every combination of who wrote or read them and when:
 * each task has its own bytes, and what nobody wrote after the fork is still one page in both.
 */
#include "zdtm.h"

/* What happened to a page is its number. */
enum { READ = 1, WROTE = 2, CHILD_WRITES = 4, PARENT_WRITES = 8, PAGES = 16 };
enum { ANON, OF_FILE, REMAPPED, AREAS }; /* REMAPPED: the child puts new memory at its place */
enum { CHILD_READY, JUDGE };

static const unsigned char zeroes[T_PAGE];

static struct {
	unsigned char *area[AREAS];
	struct blob data[AREAS][PAGES]; /* each side has its own */
	pid_t child;
} was;

static unsigned char *page(int area, int i)
{
	return was.area[area] + i * T_PAGE;
}

static void write_pages(int when)
{
	for (int a = 0; a < AREAS; a++)
		for (int i = 0; i < PAGES; i++)
			if (i & when)
				was.data[a][i] = t_fill_mem(page(a, i), T_PAGE);
}

static void expect_pages(void)
{
	for (int a = 0; a < AREAS; a++)
		for (int i = 0; i < PAGES; i++) {
			if (was.data[a][i].size)
				EXPECT_MEM_IS(page(a, i), &was.data[a][i]);
			else
				EXPECT_MEM(page(a, i), zeroes, T_PAGE);
		}
}

static void child(long unused)
{
	SYS(mmap(was.area[REMAPPED], PAGES * T_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(was.data[REMAPPED], 0, sizeof(was.data[REMAPPED]));
	write_pages(CHILD_WRITES);
	t_wake(CHILD_READY);
	t_wait(JUDGE);
	expect_pages();
}

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	for (int i = 0; i < PAGES; i++)
		was.data[OF_FILE][i] = t_fill(fd, T_PAGE);
	was.area[ANON] = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	/* Between the two, for they would be one mapping here and none in the child. */
	was.area[OF_FILE] =
		SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	was.area[REMAPPED] = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	SYS(close(fd));
	for (int a = 0; a < AREAS; a++)
		for (int i = 0; i < PAGES; i++)
			if (i & READ)
				EXPECT_EQ(t_try_read(page(a, i)), 0);
	write_pages(WROTE);
	was.child = t_fork(child, 0);
	write_pages(PARENT_WRITES);
	t_wait(CHILD_READY);
}

static void check(void)
{
	for (int a = 0; a < AREAS; a++)
		for (int i = 0; i < PAGES; i++) {
			uint64_t ours = t_pagemap(getpid(), page(a, i)) & T_PM_FRAME;
			uint64_t theirs = t_pagemap(was.child, page(a, i)) & T_PM_FRAME;
			bool one = (i & ~READ) == WROTE && a != REMAPPED;

			if (one && (!ours || ours != theirs))
				t_fail("area %d page %d is frame %#jx here, %#jx in the child", a,
				       i, (uintmax_t)ours, (uintmax_t)theirs);
			if (i & (CHILD_WRITES | PARENT_WRITES))
				EXPECT_NE(ours, theirs);
		}
	expect_pages();
	t_wake(JUDGE);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "private pages are shared after a fork as long as nobody writes them",
	.object = "mm",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* for page frame numbers */
	.setup = setup,
	.check = check,
};
