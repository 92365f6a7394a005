// SPDX-License-Identifier: GPL-2.0-only
/*
 * A shared mapping whose pages were put in another order with remap_file_pages(), which nowadays
 * makes a mapping of each. Each shows its part of the file, and writes to it.
 */
#include "zdtm.h"

#define PAGES 8

static struct {
	int fd;
	unsigned char *at;
	struct blob data[PAGES];
} was;

/* Where in the file the page is. */
static int place(int i)
{
	return (i * 5 + 3) % PAGES;
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < PAGES; i++)
		was.data[i] = t_fill(was.fd, T_PAGE);
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
	for (int i = 0; i < PAGES; i++)
		if (place(i) != i)
			SYS(remap_file_pages(was.at + i * T_PAGE, T_PAGE, 0, place(i), 0));
}

static void check(void)
{
	for (int i = 0; i < PAGES; i++) {
		unsigned char byte;

		EXPECT_MEM_IS(was.at + i * T_PAGE, &was.data[place(i)]);
		was.at[i * T_PAGE + 1] ^= 0xff;
		SYS(pread(was.fd, &byte, 1, place(i) * T_PAGE + 1));
		EXPECT_EQ(byte, was.at[i * T_PAGE + 1]);
	}
}

ZDTM_TEST = {
	.doc = "pages of a file mapped in another order stay in that order",
	.object = "mm",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
