// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anonymous shared memory of three generations, none of which has all of it, at the same address or
 * with the same protection: parts were unmapped, moved, mapped twice, made read-only. A store shows
 * wherever the page is, and nowhere else.
 */
#include "zdtm.h"

enum { READY, GO, DONE };

#define PAGES 8

static struct {
	unsigned char *at, *other; /* two segments side by side */
	unsigned char *again;      /* the third page once more */
	struct blob data[PAGES];
	pid_t child;
} was;

static unsigned char *page(int i)
{
	return was.at + i * T_PAGE;
}

/* Has the last three pages, at another place. */
static void grandchild(long unused)
{
	unsigned char *moved =
		SYS(mmap(NULL, 3 * T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	SYS(mremap(page(5), 3 * T_PAGE, 3 * T_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, moved));
	SYS(munmap(was.at, 5 * T_PAGE));
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(t_try_read(page(5)), SIGSEGV);
	EXPECT_EQ(moved[0], 'c');
	EXPECT_MEM_IS(moved + T_PAGE, &was.data[6]);
	moved[1] = 'g';
	moved[2 * T_PAGE] = 'g';
	t_wake(DONE);
}

/* Has all but the first, and may not write the second. */
static void child(long unused)
{
	pid_t pid = t_fork(grandchild, 0);

	t_wait(READY);
	SYS(munmap(page(0), T_PAGE));
	SYS(mprotect(page(1), T_PAGE, PROT_READ));
	t_wake(READY + 10);
	t_wait(GO + 10);
	EXPECT_EQ(t_try_write(page(1)), SIGSEGV);
	EXPECT_EQ(page(1)[0], 'p');
	EXPECT_EQ(page(2)[0], 'p');
	page(2)[1] = 'c';
	page(5)[0] = 'c';
	t_wake(GO);
	t_wait(DONE);
	EXPECT_EQ(page(5)[1], 'g');
	EXPECT_EQ(page(7)[0], 'g');
	t_join(pid);
	t_wake(DONE + 10);
}

/* Has the first five, one of them twice. */
static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_SHARED);
	was.other = t_map(PAGES * T_PAGE, MAP_SHARED);
	for (int i = 0; i < PAGES; i++)
		was.data[i] = t_fill_mem(page(i), T_PAGE);
	was.child = t_fork(child, 0);
	t_wait(READY + 10);
	SYS(munmap(page(5), 3 * T_PAGE));
	/* An old size of 0 maps shared memory a second time. */
	was.again = SYS(mremap(page(2), 0, T_PAGE, MREMAP_MAYMOVE));
}

static void check(void)
{
	for (int i = 0; i < 5; i++)
		EXPECT_MEM_IS(page(i), &was.data[i]);
	EXPECT_EQ(t_try_read(page(5)), SIGSEGV);
	page(1)[0] = 'p';
	was.again[0] = 'p';
	EXPECT_EQ(page(2)[0], 'p');
	t_wake(GO + 10);
	t_wait(DONE + 10);
	EXPECT_EQ(was.again[1], 'c');
	for (size_t i = 0; i < PAGES * T_PAGE; i++)
		if (!EXPECT_EQ(was.other[i], 0))
			break;
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "parts of a shared segment in several tasks show each other's stores",
	.object = "mm",
	.setup = setup,
	.check = check,
};
