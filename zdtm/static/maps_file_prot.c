// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a shared mapping of a file may become was settled when the file was opened. One that could be
 * written but is not at the moment can be made so again, page by page; one of a file that was opened
 * for reading never can.
 */
#include "zdtm.h"

static struct {
	unsigned char *at;
	struct blob data;
} was;

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0666));

	was.data = t_fill(fd, 2 * T_PAGE);
	if (variant->arg == O_RDONLY) {
		SYS(close(fd));
		fd = SYS(open("file", O_RDONLY));
	}
	was.at = SYS(mmap(NULL, 2 * T_PAGE, PROT_READ, MAP_SHARED, fd, 0));
	if (variant->arg == O_RDWR)
		SYS(mprotect(was.at + T_PAGE, T_PAGE, PROT_READ | PROT_WRITE));
	SYS(close(fd));
}

static void check(void)
{
	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT_EQ(t_try_write(was.at), SIGSEGV);
	if (variant->arg == O_RDONLY) {
		EXPECT_EQ(t_try_write(was.at + T_PAGE), SIGSEGV);
		EXPECT_ERRNO(mprotect(was.at, 2 * T_PAGE, PROT_READ | PROT_WRITE), EACCES);
		return;
	}
	EXPECT_EQ(t_try_write(was.at + T_PAGE), 0);
	SYS(mprotect(was.at, T_PAGE, PROT_READ | PROT_WRITE));
	was.at[0]++;
	EXPECT_EQ(t_slurp("file")[0], (char)was.at[0]);
}

ZDTM_TEST = {
	.doc = "a shared mapping of a file may become what the file was opened for, and no more",
	.object = "mm",
	.variants = VARIANTS({ "read_write", O_RDWR }, { "read_only", O_RDONLY }),
	.setup = setup,
	.check = check,
};
