// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_create(2): a descriptor that appends and is closed by execve(), at an offset of its own in a
 * file with a name, a mode and a file system like no other.
 */
#include <sys/vfs.h>

#include "zdtm.h"

static struct {
	int fd, flags;
	struct blob data;
	struct statfs fs;
	char *path;
} was;

static void setup(void)
{
	was.fd = SYS(memfd_create("of memory", MFD_CLOEXEC));
	SYS(fcntl(was.fd, F_SETFL, O_APPEND));
	was.data = t_fill(was.fd, 5);
	SYS(lseek(was.fd, 3, SEEK_SET));
	SYS(fchmod(was.fd, 0642));
	SYS(fstatfs(was.fd, &was.fs));
	was.flags = SYS(fcntl(was.fd, F_GETFL));
	was.path = t_fd_path(was.fd);
}

static void check(void)
{
	struct statfs fs;
	struct stat st;

	EXPECT_EQ(fcntl(was.fd, F_GETFL), was.flags);
	EXPECT_EQ(fcntl(was.fd, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 3);
	EXPECT_STR(t_fd_path(was.fd), was.path);
	SYS(fstatfs(was.fd, &fs));
	EXPECT_EQ(fs.f_type, was.fs.f_type);
	EXPECT_EQ(fs.f_bsize, was.fs.f_bsize);
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode, S_IFREG | 0642);
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_EQ(st.st_size, 5);
	EXPECT_DATA(was.fd, &was.data);
	t_write(was.fd, "x", 1);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 6);
}

ZDTM_TEST = {
	.doc = "a memfd keeps bytes, name and mode, and its descriptor offset and flags",
	.object = "memfd",
	.setup = setup,
	.check = check,
};
