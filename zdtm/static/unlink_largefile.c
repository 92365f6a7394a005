// SPDX-License-Identifier: GPL-2.0-only
/*
 * A nameless file with a megabyte of data behind a hole that no 31 or 32 bits can count, or that ends
 * where files end.
 */
#include "zdtm.h"

#define SIZE (1 << 20)
#define LAST (INT64_MAX - SIZE - 4095) /* whole pages below the largest size */

static struct {
	int fd;
	struct blob data;
} was;

static void setup(void)
{
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	if (lseek(was.fd, variant->arg, SEEK_SET) < 0 && errno == EINVAL)
		t_skip("this file system has no files of that size");
	was.data = t_fill(was.fd, SIZE);
	SYS(unlink("victim"));
	SYS(fsync(was.fd));
}

static void check(void)
{
	struct stat st;

	SYS(fsync(was.fd));
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_EQ(st.st_size, variant->arg + SIZE);
	EXPECT_EQ(st.st_blocks * 512, SIZE);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), variant->arg + SIZE);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_DATA), variant->arg);
	EXPECT_DATA(was.fd, &was.data);
}

ZDTM_TEST = {
	.doc = "a nameless file keeps data that is far behind a hole",
	.object = "regfile",
	.engine = LIST("--ghost-limit=2M"),
	.variants = VARIANTS({ "2g", (2L << 30) + T_PAGE }, { "4g", (4L << 30) + T_PAGE },
			     { "largest", LAST }),
	.setup = setup,
	.check = check,
};
