// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file with two names, opened once by each, both of which are gone: still one file, open twice,
 * known by two names.
 */
#include "zdtm.h"

enum { ONE_READS, BOTH_WRITE, IN_REMOVED_DIR };

static struct {
	int fd[2];
	char *path[2];
	struct blob data;
} was;

static void setup(void)
{
	bool removed = variant->arg == IN_REMOVED_DIR;
	const char *first = removed ? "dir/first" : "first";

	SYS(mkdir("dir", 0700));
	was.fd[0] = SYS(open(first, O_WRONLY | O_CREAT, 0600));
	was.data = t_fill(was.fd[0], 1000);
	SYS(link(first, "dir/second"));
	was.fd[1] = SYS(open("dir/second", variant->arg == ONE_READS ? O_RDONLY : O_WRONLY));
	SYS(lseek(was.fd[1], 10, SEEK_SET));
	SYS(unlink(first));
	SYS(unlink("dir/second"));
	if (removed)
		SYS(rmdir("dir"));
	for (int i = 0; i < 2; i++)
		was.path[i] = t_fd_path(was.fd[i]);
}

static void check(void)
{
	struct stat st;

	EXPECT(t_same_file(was.fd[0], was.fd[1]));
	EXPECT_EQ(lseek(was.fd[0], 0, SEEK_CUR), 1000);
	EXPECT_EQ(lseek(was.fd[1], 0, SEEK_CUR), 10);
	EXPECT_EQ(fcntl(was.fd[1], F_GETFL) & O_ACCMODE,
		  variant->arg == ONE_READS ? O_RDONLY : O_WRONLY);
	EXPECT_DATA(t_reopen(was.fd[1], O_RDONLY), &was.data);
	for (int i = 0; i < 2; i++) {
		SYS(fstat(was.fd[i], &st));
		EXPECT_EQ(st.st_nlink, 0);
		EXPECT_EQ(st.st_size, 1000);
		EXPECT_STR(t_fd_path(was.fd[i]), was.path[i]);
	}
	EXPECT(strstr(was.path[1], "/dir/second (deleted)"));
	EXPECT_EQ(access("dir", F_OK), variant->arg == IN_REMOVED_DIR ? -1 : 0);
}

ZDTM_TEST = {
	.doc = "a file that has lost both its names is still one file",
	.object = "regfile",
	.variants = VARIANTS({ "one_reads", ONE_READS },
			     { "both_write", BOTH_WRITE, .known_as = "static/link10" },
			     { "in_removed_dir", IN_REMOVED_DIR }),
	.setup = setup,
	.check = check,
};
