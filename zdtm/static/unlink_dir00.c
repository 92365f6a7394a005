// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removed directories, one in the other, and a removed file in the inner one, all open. In their
 * place there may be something else: a directory, or a file, which leaves no room for a path through
 * it.
 *
 * criu 4.2 cannot restore them: it removes the outer one first.
 */
#include "zdtm.h"

enum { OUTER, INNER, FILE_IN_IT, FDS };
enum { FREE, TAKEN_BY_DIR, TAKEN_BY_FILE };

static struct {
	int fd[FDS];
	char *path[FDS];
	struct blob data;
} was;

static void setup(void)
{
	SYS(mkdir("outer", 0700));
	SYS(mkdir("outer/inner", 0700));
	was.fd[OUTER] = SYS(open("outer", O_RDONLY | O_DIRECTORY));
	was.fd[INNER] = SYS(open("outer/inner", O_RDONLY | O_DIRECTORY));
	was.fd[FILE_IN_IT] = SYS(open("outer/inner/file", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd[FILE_IN_IT], 1000);
	SYS(unlink("outer/inner/file"));
	SYS(rmdir("outer/inner"));
	SYS(rmdir("outer"));
	for (int i = 0; i < FDS; i++)
		was.path[i] = t_fd_path(was.fd[i]);
	if (variant->arg == TAKEN_BY_DIR)
		SYS(mkdir("outer", 0500));
	else if (variant->arg == TAKEN_BY_FILE)
		SYS(mknod("outer", S_IFREG | 0600, 0));
}

static void check(void)
{
	struct stat st;

	for (int i = 0; i < FDS; i++) {
		if (variant->arg == FREE)
			EXPECT_STR(t_fd_path(was.fd[i]), was.path[i]);
		SYS(fstat(was.fd[i], &st));
		EXPECT_EQ(st.st_mode, i == FILE_IN_IT ? S_IFREG | 0600 : S_IFDIR | 0700);
		if (i == FILE_IN_IT)
			EXPECT_EQ(st.st_nlink, 0);
		else
			EXPECT_ERRNO(mkdirat(was.fd[i], "new", 0700), ENOENT);
	}
	EXPECT_DATA(was.fd[FILE_IN_IT], &was.data);
	EXPECT(!t_same_file(was.fd[OUTER], was.fd[INNER]));
	if (variant->arg == FREE) {
		EXPECT_ERRNO(access("outer", F_OK), ENOENT);
	} else {
		SYS(stat("outer", &st));
		EXPECT_EQ(st.st_mode & S_IFMT, variant->arg == TAKEN_BY_DIR ? S_IFDIR : S_IFREG);
	}
}

ZDTM_TEST = {
	.doc = "removed directories and files in them are still open, whatever is in their place",
	.object = "regfile",
	.variants = VARIANTS({ "free", FREE }, { "taken_by_dir", TAKEN_BY_DIR },
			     { "taken_by_file", TAKEN_BY_FILE }),
	.setup = setup,
	.check = check,
};
