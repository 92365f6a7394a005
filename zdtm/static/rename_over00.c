// SPDX-License-Identifier: GPL-2.0-only
/*
 * An open file over whose name another one was renamed, the way editors save. The descriptor has the
 * old content, the name the new one, and both can be written without the other's noticing.
 */
#include "zdtm.h"

static struct {
	int fd;
	struct blob old, new;
} was;

static void setup(void)
{
	int fd = SYS(open("new", O_RDWR | O_CREAT, 0600));

	was.new = t_fill(fd, 3000);
	SYS(close(fd));
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0644));
	was.old = t_fill(was.fd, 1000);
	SYS(rename("new", "file"));
}

static void check(void)
{
	int fd = SYS(open("file", O_RDWR));
	struct stat st;

	EXPECT_DATA(was.fd, &was.old);
	EXPECT_DATA(fd, &was.new);
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_EQ(st.st_size, 1000);
	EXPECT_EQ(st.st_mode & 07777, 0644);
	SYS(ftruncate(was.fd, 0));
	EXPECT_DATA(fd, &was.new);
	SYS(fstat(fd, &st));
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT_EQ(st.st_mode & 07777, 0600);
}

ZDTM_TEST = {
	.doc = "a file that was replaced under its name is still open as it was",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
