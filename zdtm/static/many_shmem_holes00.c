// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory with holes: pages never touched, pages that were given back, and the rest of a page
 * beyond the end. None of them may come back as a page full of zeroes.
 */
#include "zdtm.h"

enum { ANON, MEMFD };

#define PAGES 16
#define TAIL  100 /* bytes of the last page that a memfd has */

static const unsigned char zeroes[T_PAGE];

static struct {
	unsigned char *at;
	int fd;
	struct blob data[PAGES];
} was;

static bool is_hole(int i)
{
	return i % 3 == 1 || i == 8;
}

static void setup(void)
{
	was.fd = -1;
	if (variant->arg == MEMFD) {
		was.fd = SYS(memfd_create("holes", 0));
		SYS(ftruncate(was.fd, (PAGES - 1) * T_PAGE + TAIL));
	}
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | (was.fd < 0 ? MAP_ANONYMOUS : 0), was.fd, 0));
	for (int i = 0; i < PAGES; i++) {
		unsigned char *page = was.at + i * T_PAGE;

		if (i % 3 != 1)
			was.data[i] = t_fill_mem(page, i < PAGES - 1 ? T_PAGE : TAIL);
		if (i == 8)
			SYS(madvise(page, T_PAGE, MADV_REMOVE));
	}
}

static void check(void)
{
	unsigned char in_core[PAGES];
	struct stat st;

	SYS(mincore(was.at, PAGES * T_PAGE, in_core));
	for (int i = 0; i < PAGES; i++)
		EXPECT_EQ(in_core[i] & 1, !is_hole(i));
	if (was.fd >= 0) {
		int pages = 0;

		for (int i = 0; i < PAGES; i++)
			pages += !is_hole(i);
		SYS(fstat(was.fd, &st));
		EXPECT_EQ(st.st_size, (PAGES - 1) * T_PAGE + TAIL);
		EXPECT_EQ(st.st_blocks * 512, pages * T_PAGE);
	}
	for (int i = 0; i < PAGES; i++) {
		unsigned char *page = was.at + i * T_PAGE;

		if (is_hole(i))
			EXPECT_MEM(page, zeroes, T_PAGE);
		else
			EXPECT_MEM_IS(page, &was.data[i]);
	}
	EXPECT_MEM(was.at + (PAGES - 1) * T_PAGE + TAIL, zeroes, T_PAGE - TAIL);
}

ZDTM_TEST = {
	.doc = "holes in shared memory read as zeroes and take no memory",
	.object = "mm",
	.variants = VARIANTS({ "anonymous", ANON }, { "memfd", MEMFD }),
	.setup = setup,
	.check = check,
};
