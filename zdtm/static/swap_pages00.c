// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the kernel was asked to page out, every kind of it, and memory that was called cold.
 * Where there is swap the bytes are there when the dump comes; those of files are on their disk.
 */
#include "zdtm.h"

#define PAGES 16

enum { ANON, SEGMENT, OF_FILE, CHANGED, AREAS };

static struct {
	unsigned char *area[AREAS];
	struct blob data[AREAS];
} was;

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	was.data[OF_FILE] = t_fill(fd, PAGES * T_PAGE);
	SYS(fsync(fd));
	was.area[ANON] = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	was.area[SEGMENT] = t_map(PAGES * T_PAGE, MAP_SHARED);
	for (int a = OF_FILE; a <= CHANGED; a++)
		was.area[a] =
			SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	for (int a = 0; a < AREAS; a++)
		if (a != OF_FILE)
			was.data[a] = t_fill_mem(was.area[a], PAGES * T_PAGE);
	SYS(close(fd));
	for (int a = 0; a < AREAS; a++) {
		EXPECT_EQ(t_try_read(was.area[a]), 0);
		SYS(madvise(was.area[a], PAGES / 2 * T_PAGE, MADV_PAGEOUT));
		SYS(madvise(was.area[a] + PAGES / 2 * T_PAGE, PAGES / 2 * T_PAGE, MADV_COLD));
	}
}

static void check(void)
{
	for (int a = 0; a < AREAS; a++)
		EXPECT_MEM_IS(was.area[a], &was.data[a]);
}

ZDTM_TEST = {
	.doc = "memory that was paged out has its bytes",
	.object = "mm",
	.setup = setup,
	.check = check,
};
