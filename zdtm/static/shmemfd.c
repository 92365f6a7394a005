// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file behind shared anonymous memory, had as a descriptor by way of map_files: cut to another
 * size, its mapping gone, appended to.
 */
#include <sys/vfs.h>

#include "zdtm.h"

static struct {
	int fd;
	struct blob data;
	struct statfs fs;
} was;

static void setup(void)
{
	unsigned char *at = t_map(4 * T_PAGE, MAP_SHARED);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)at,
		 (unsigned long)at + 4 * T_PAGE);
	was.fd = SYS(open(path, O_RDWR | O_APPEND | O_CLOEXEC));
	SYS(munmap(at, 4 * T_PAGE));
	SYS(ftruncate(was.fd, 0));
	was.data = t_fill(was.fd, 5);
	was.data.at = 0;
	SYS(lseek(was.fd, 3, SEEK_SET));
	SYS(fstatfs(was.fd, &was.fs));
}

static void check(void)
{
	struct statfs fs;
	struct stat st;

	EXPECT_EQ(fcntl(was.fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
	EXPECT_EQ(fcntl(was.fd, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 3);
	SYS(fstatfs(was.fd, &fs));
	EXPECT_EQ(fs.f_type, was.fs.f_type);
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, 5);
	EXPECT_DATA(was.fd, &was.data);
	t_write(was.fd, "x", 1);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 6);
}

ZDTM_TEST = {
	.doc = "a descriptor of the file behind shared memory keeps bytes, offset and flags",
	.object = "memfd",
	.caps = CAP_BIT(CAP_CHECKPOINT_RESTORE), /* to open what is in map_files */
	.setup = setup,
	.check = check,
};
