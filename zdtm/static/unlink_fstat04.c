// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nameless files that had odd names: with quotes, backslash, newline and percent, of dots, of bytes
 * that are no text. And their directory, which cannot be written any more.
 */
#include "zdtm.h"

static const char *const names[] = { "quoth 'he' \"%s %n\" \\ \n", "...", " (deleted)",
				     "\xff\xfe\x01" };
#define NAMES (sizeof(names) / sizeof(names[0]))

static struct {
	int fd[NAMES];
	struct blob data[NAMES];
	char *path[NAMES];
} was;

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	SYS(chdir("dir"));
	for (size_t i = 0; i < NAMES; i++) {
		was.fd[i] = SYS(open(names[i], O_RDWR | O_CREAT, 0600));
		was.data[i] = t_fill(was.fd[i], 1000 + i);
		SYS(unlink(names[i]));
		was.path[i] = t_fd_path(was.fd[i]);
	}
	SYS(chdir(".."));
	SYS(chmod("dir", 0500));
}

static void check(void)
{
	struct stat st;

	for (size_t i = 0; i < NAMES; i++) {
		SYS(fstat(was.fd[i], &st));
		EXPECT_EQ(st.st_nlink, 0);
		EXPECT_EQ(st.st_size, 1000 + i);
		EXPECT_DATA(was.fd[i], &was.data[i]);
		EXPECT_STR(t_fd_path(was.fd[i]), was.path[i]);
	}
	SYS(stat("dir", &st));
	EXPECT_EQ(st.st_mode & 0777, 0500);
}

ZDTM_TEST = {
	.doc = "nameless files are kept whatever they were called, and wherever that was",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
