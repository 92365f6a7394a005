// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many descriptors: of open files that are all of one inode and differ in their offset alone, every
 * third of which has a second descriptor.
 */
#include "zdtm.h"

#define FILES 600
#define FIRST 10
#define TWINS 620 /* where the second descriptors begin */

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	for (int i = 0; i < FILES; i++) {
		int one = SYS(open("file", O_RDONLY));

		SYS(lseek(one, i, SEEK_SET));
		if (one != FIRST + i) {
			SYS(dup2(one, FIRST + i));
			SYS(close(one));
		}
		if (i % 3 == 0)
			SYS(dup2(FIRST + i, TWINS + i / 3));
	}
	SYS(close(fd));
}

static void check(void)
{
	for (int i = 0; i < FILES; i++)
		EXPECT_EQ(lseek(FIRST + i, 0, SEEK_CUR), i);
	for (int i = 0; i < FILES; i++)
		SYS(lseek(FIRST + i, 10000 + i, SEEK_SET));
	for (int i = 0; i < FILES; i += 3)
		EXPECT_EQ(lseek(TWINS + i / 3, 0, SEEK_CUR), 10000 + i);
	EXPECT_ERRNO(fcntl(TWINS + FILES / 3, F_GETFD), EBADF);
}

ZDTM_TEST = {
	.doc = "hundreds of open files of one inode stay apart, and their twins with them",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
