// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose names look like the kernel's own words: it says " (deleted)" of a name that is gone,
 * and a file may be called that. The two are told apart by what is there, not by how it reads.
 */
#include "zdtm.h"

static struct {
	int there, gone, both;
	struct blob data[3];
} was;

static int make(const char *name, int i)
{
	int fd = SYS(open(name, O_RDWR | O_CREAT, 0600));

	was.data[i] = t_fill(fd, 1000);
	return fd;
}

static void setup(void)
{
	was.there = make("file (deleted)", 0);
	was.gone = make("file", 1);
	was.both = make("other (deleted)", 2);
	SYS(unlink("file"));
	SYS(unlink("other (deleted)"));
}

static void check(void)
{
	struct stat st;

	EXPECT_DATA(was.there, &was.data[0]);
	EXPECT_DATA(was.gone, &was.data[1]);
	EXPECT_DATA(was.both, &was.data[2]);
	SYS(fstat(was.there, &st));
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT(t_same_file(was.there, SYS(open("file (deleted)", O_RDONLY))));
	SYS(fstat(was.gone, &st));
	EXPECT_EQ(st.st_nlink, 0);
	SYS(fstat(was.both, &st));
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT(strstr(t_fd_path(was.gone), "/file (deleted)"));
	EXPECT(strstr(t_fd_path(was.both), "/other (deleted) (deleted)"));
	EXPECT_ERRNO(access("file", F_OK), ENOENT);
	EXPECT_ERRNO(access("other (deleted)", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "a file called \"(deleted)\" is not taken for a deleted one, nor the other way round",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
