// SPDX-License-Identifier: GPL-2.0-only
/*
 * A private mapping of a file that has since become shorter: pages wholly beyond its end raise SIGBUS,
 * those before keep what was written to them. When the file grows again they are there again.
 */
#include "zdtm.h"

#define PAGES 4
#define SHORT (T_PAGE + 100) /* ends in the second page */

static struct {
	int fd;
	unsigned char *at;
	struct blob data[2];
} was;

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	SYS(ftruncate(was.fd, PAGES * T_PAGE));
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, was.fd, 0));
	for (int i = 0; i < PAGES; i++)
		was.at[i * T_PAGE] = 1;
	was.data[0] = t_fill_mem(was.at, T_PAGE);
	/* Beyond the end, but on a page that begins before it. */
	was.data[1] = t_fill_mem(was.at + T_PAGE, T_PAGE);
	SYS(ftruncate(was.fd, SHORT));
}

static void check(void)
{
	EXPECT_MEM_IS(was.at, &was.data[0]);
	EXPECT_MEM_IS(was.at + T_PAGE, &was.data[1]);
	for (int i = 2; i < PAGES; i++)
		EXPECT_EQ(t_try_read(was.at + i * T_PAGE), SIGBUS);

	SYS(ftruncate(was.fd, PAGES * T_PAGE));
	SYS(pwrite(was.fd, "x", 1, 2 * T_PAGE));
	EXPECT_EQ(was.at[2 * T_PAGE], 'x');
	EXPECT_EQ(was.at[3 * T_PAGE], 0);
	EXPECT_MEM_IS(was.at, &was.data[0]);
}

ZDTM_TEST = {
	.doc = "a private mapping that reaches beyond the end of its file faults there as before",
	.object = "mm",
	.setup = setup,
	.check = check,
};
