// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that was written and closed, by write(2) or through a mapping that is gone, here or by a
 * child that is gone: nobody holds it, and whoever is saved and restored leaves it alone.
 */
#include "zdtm.h"

#define SIZE (1 << 20)

enum { WRITTEN, MAPPED, BY_CHILD };

static struct {
	struct blob data;
	struct stat st;
} was;

static void write_file(long unused)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0640));
	static char bytes[SIZE];
	void *at;

	t_blob_copy(&was.data, bytes);
	if (variant->arg == MAPPED) {
		SYS(ftruncate(fd, SIZE));
		at = SYS(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
		memcpy(at, bytes, SIZE);
		SYS(munmap(at, SIZE));
	} else {
		t_write(fd, bytes, SIZE);
	}
	SYS(close(fd));
}

static void setup(void)
{
	was.data = t_blob(SIZE);
	was.data.at = 0;
	if (variant->arg == BY_CHILD)
		t_join(t_fork(write_file, 0));
	else
		write_file(0);
	SYS(stat("file", &was.st));
}

static void check(void)
{
	int fd = SYS(open("file", O_RDWR));
	struct stat st;

	SYS(fstat(fd, &st));
	EXPECT_EQ(st.st_ino, was.st.st_ino);
	EXPECT_EQ(st.st_size, SIZE);
	EXPECT_EQ(st.st_mode, was.st.st_mode);
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT_EQ(st.st_mtim.tv_sec, was.st.st_mtim.tv_sec);
	EXPECT_EQ(st.st_mtim.tv_nsec, was.st.st_mtim.tv_nsec);
	EXPECT_DATA(fd, &was.data);
	SYS(unlink("file"));
	EXPECT_ERRNO(access("file", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "a file that is open nowhere stays as it was left",
	.object = "regfile",
	.variants =
		VARIANTS({ "written", WRITTEN }, { "mapped", MAPPED }, { "by_child", BY_CHILD }),
	.setup = setup,
	.check = check,
};
