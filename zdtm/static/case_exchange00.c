// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two open files of the same size that have exchanged their names (RENAME_EXCHANGE): descriptors stay
 * with the file, not with the name.
 */
#include "zdtm.h"

static struct {
	int fd[2];
	struct blob data[2];
	char *path[2];
} was;

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	was.fd[0] = SYS(open("one", O_RDWR | O_CREAT, 0600));
	was.fd[1] = SYS(open("dir/two", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < 2; i++)
		was.data[i] = t_fill(was.fd[i], 1000);
	SYS(renameat2(AT_FDCWD, "one", AT_FDCWD, "dir/two", RENAME_EXCHANGE));
	for (int i = 0; i < 2; i++)
		was.path[i] = t_fd_path(was.fd[i]);
}

static void check(void)
{
	const char *const names[] = { "dir/two", "one" };

	for (int i = 0; i < 2; i++) {
		int fd = SYS(open(names[i], O_RDONLY));

		EXPECT_DATA(was.fd[i], &was.data[i]);
		EXPECT(t_same_file(was.fd[i], fd));
		EXPECT_STR(t_fd_path(was.fd[i]), was.path[i]);
	}
}

ZDTM_TEST = {
	.doc = "files that have exchanged their names are open under the new ones",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
