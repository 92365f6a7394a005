// SPDX-License-Identifier: GPL-2.0-only
/*
 * A private mapping of a file is a mixture: pages that were written are the task's own, even if they
 * were written with what is in the file, all others are the file, whatever is written to it later.
 */
#include "zdtm.h"

enum { CLEAN, WRITTEN, WRITTEN_SAME, FILE_CHANGED, PAGES };

static struct {
	int fd;
	unsigned char *at;
	struct blob data[PAGES];
} was;

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < PAGES; i++)
		was.data[i] = t_fill(was.fd, T_PAGE);
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, was.fd, 0));
	was.data[WRITTEN] = t_fill_mem(was.at + WRITTEN * T_PAGE, T_PAGE);
	t_blob_copy(&was.data[WRITTEN_SAME], was.at + WRITTEN_SAME * T_PAGE);
	SYS(lseek(was.fd, FILE_CHANGED * T_PAGE, SEEK_SET));
	was.data[FILE_CHANGED] = t_fill(was.fd, T_PAGE);
}

static void check(void)
{
	unsigned char new[T_PAGE];
	struct blob change;

	for (int i = 0; i < PAGES; i++)
		EXPECT_MEM_IS(was.at + i * T_PAGE, &was.data[i]);

	change = t_fill_mem(new, T_PAGE);
	for (int i = 0; i < PAGES; i++)
		SYS(pwrite(was.fd, new, T_PAGE, i * T_PAGE));
	EXPECT_MEM_IS(was.at + CLEAN * T_PAGE, &change);
	EXPECT_MEM_IS(was.at + WRITTEN * T_PAGE, &was.data[WRITTEN]);
	EXPECT_MEM_IS(was.at + WRITTEN_SAME * T_PAGE, &was.data[WRITTEN_SAME]);
	EXPECT_MEM_IS(was.at + FILE_CHANGED * T_PAGE, &change);
	SYS(madvise(was.at + WRITTEN * T_PAGE, T_PAGE, MADV_DONTNEED));
	EXPECT_MEM_IS(was.at + WRITTEN * T_PAGE, &change);
}

ZDTM_TEST = {
	.doc = "a private mapping's own pages stay its own, the others stay the file's",
	.object = "mm",
	.setup = setup,
	.check = check,
};
