// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten nameless files, each a hole of nearly a gigabyte with data behind it, and a limit that was
 * raised for them. The limit is for each, not for all.
 */
#include "zdtm.h"

#define FILES 10
#define HOLE  (951L << 20)
#define SIZE  (160 * 1024)

static struct {
	int fd[FILES];
	struct blob data[FILES];
	char *path[FILES];
} was;

static void setup(void)
{
	for (int i = 0; i < FILES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "victim-%d", i);
		was.fd[i] = SYS(open(name, O_RDWR | O_CREAT, 0600));
		SYS(lseek(was.fd[i], HOLE, SEEK_SET));
		was.data[i] = t_fill(was.fd[i], SIZE);
		SYS(unlink(name));
		was.path[i] = t_fd_path(was.fd[i]);
		SYS(fsync(was.fd[i]));
	}
}

static void check(void)
{
	for (int i = 0; i < FILES; i++) {
		struct stat st;

		EXPECT_STR(t_fd_path(was.fd[i]), was.path[i]);
		SYS(fsync(was.fd[i]));
		SYS(fstat(was.fd[i], &st));
		EXPECT_EQ(st.st_size, HOLE + SIZE);
		EXPECT_EQ(st.st_blocks * 512, SIZE);
		EXPECT_EQ(lseek(was.fd[i], 0, SEEK_DATA), HOLE);
		EXPECT_EQ(lseek(was.fd[i], HOLE, SEEK_HOLE), HOLE + SIZE);
		EXPECT_DATA(was.fd[i], &was.data[i]);
	}
}

ZDTM_TEST = {
	.doc = "many large nameless files keep data and holes",
	.object = "regfile",
	.engine = LIST("--ghost-limit=1M"),
	.setup = setup,
	.check = check,
};
