// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory in pages of hugetlb, private and shared with a child: bytes, page size, and that a store by
 * one shows to the other where it should.
 */
#include "zdtm.h"

#define SIZE (2 * T_HUGE)

static struct {
	unsigned char *at;
	struct blob data[2]; /* in the first small page, and in the last */
	pid_t child;
} was;

static void child(long shared)
{
	t_wait(0);
	EXPECT_EQ(was.at[T_PAGE], shared ? 'p' : 0);
}

static void setup(void)
{
	int how = variant->arg | MAP_ANONYMOUS | MAP_HUGETLB;

	/* The child's copy of a private page is one more. */
	t_huge_pages(3, true);
	was.at = SYS(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, how, -1, 0));
	was.data[0] = t_fill_mem(was.at, T_PAGE);
	was.data[1] = t_fill_mem(was.at + SIZE - T_PAGE, T_PAGE);
	was.child = t_fork(child, variant->arg == MAP_SHARED);
}

static void check(void)
{
	EXPECT(t_vma_has(was.at, "ht"));
	EXPECT_EQ(t_vma(was.at).end, was.at + SIZE);
	EXPECT_MEM_IS(was.at, &was.data[0]);
	EXPECT_MEM_IS(was.at + SIZE - T_PAGE, &was.data[1]);
	was.at[T_PAGE] = 'p';
	t_wake(0);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "memory in pages of hugetlb keeps bytes, page size and sharing",
	.object = "mm",
	.variants = VARIANTS({ "private", MAP_PRIVATE }, { "shared", MAP_SHARED }),
	.exclusive = true,
	.setup = setup,
	.check = check,
	.cleanup = t_huge_pages_back,
};
