// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that maps, unmaps, protects, writes, empties and moves pages drawn by lot, and keeps a list
 * of what each ought to be. At the end every page is tried.
 */
#include "zdtm.h"

#define PAGES 256
/* Where no kernel puts a mapping by itself: holes stay holes. */
#define PLACE ((unsigned char *)0x100000000000)

enum { TURNING };

static struct {
	struct page {
		bool mapped;
		int prot;
		uint32_t value; /* in its first bytes; 0: never written, or emptied */
	} page[PAGES];
	uint32_t lot;
	pid_t child;
} was;

static uint32_t draw(uint32_t n)
{
	was.lot = was.lot * 1664525 + 1013904223;
	return (was.lot >> 16) % n;
}

static unsigned char *at(int i)
{
	return PLACE + i * T_PAGE;
}

static void map(int i, int n)
{
	SYS(mmap(at(i), n * T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0));
	for (int k = i; k < i + n; k++)
		was.page[k] = (struct page){ true, PROT_READ | PROT_WRITE, 0 };
}

static void unmap(int i, int n)
{
	SYS(munmap(at(i), n * T_PAGE));
	for (int k = i; k < i + n; k++)
		was.page[k] = (struct page){};
}

static void move(int from, int to)
{
	SYS(mremap(at(from), T_PAGE, T_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(to)));
	was.page[to] = was.page[from];
	was.page[from] = (struct page){};
}

static void one_more(uint32_t nr)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	int i = draw(PAGES), n = 1 + draw(8), to = draw(PAGES);
	struct page *p = &was.page[i];

	if (i + n > PAGES)
		n = PAGES - i;
	switch (draw(7)) {
	case 0:
		map(i, n);
		break;
	case 1:
		unmap(i, n);
		break;
	case 2:
		if (p->mapped)
			SYS(mprotect(at(i), T_PAGE, p->prot = prots[draw(3)]));
		break;
	case 3:
		if (p->mapped) {
			SYS(madvise(at(i), T_PAGE, MADV_DONTNEED));
			p->value = 0;
		}
		break;
	case 4:
		if (p->mapped && i != to)
			move(i, to);
		break;
	default:
		if (p->prot & PROT_WRITE)
			*(volatile uint32_t *)at(i) = p->value = nr;
	}
}

static void churn(long unused)
{
	for (uint32_t nr = 1; !t_over(); nr++) {
		one_more(nr);
		if (nr == 2000)
			t_wake(TURNING);
	}
	for (int i = 0; i < PAGES; i++) {
		const struct page *p = &was.page[i];

		EXPECT_EQ(t_try_read(at(i)), p->prot & PROT_READ ? 0 : SIGSEGV);
		EXPECT_EQ(t_try_write(at(i)), p->prot & PROT_WRITE ? 0 : SIGSEGV);
		/* Protecting is what tells a page nobody may touch from one that is not there. */
		EXPECT_EQ(mprotect(at(i), T_PAGE, PROT_READ), p->mapped ? 0 : -1);
		if (p->mapped)
			EXPECT_EQ(*(uint32_t *)at(i), p->value);
	}
}

static void setup(void)
{
	was.child = t_fork(churn, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "mappings that come, go and change all the time are what they were made last",
	.object = "mm",
	.setup = setup,
	.check = check,
};
