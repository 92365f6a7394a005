// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that nobody may read or write, held by O_PATH, which asks for no such permission, and by a
 * second one that is closed by execve(). They are that file, by the name it had, and its owner may
 * still let others in through them.
 */
#include "zdtm.h"

static struct {
	int fd[2];
	char *path;
	struct stat st;
} was;

static uint64_t flags_of(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return t_field_num(path, "flags", 8);
}

static void setup(void)
{
	SYS(close(SYS(open("file", O_WRONLY | O_CREAT, 0600))));
	SYS(chmod("file", 0));
	was.fd[0] = SYS(open("file", O_PATH));
	was.fd[1] = SYS(open("file", O_PATH | O_CLOEXEC));
	EXPECT_ERRNO(open("file", O_RDONLY), EACCES);
	SYS(fstat(was.fd[0], &was.st));
	was.path = t_fd_path(was.fd[0]);
}

static void check(void)
{
	char link[64];
	struct stat st;

	EXPECT_EQ(flags_of(was.fd[0]) & (O_PATH | O_ACCMODE), O_PATH);
	EXPECT_EQ(flags_of(was.fd[1]) & (O_PATH | O_ACCMODE | O_CLOEXEC), O_PATH | O_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		SYS(fstat(was.fd[i], &st));
		EXPECT_EQ(st.st_ino, was.st.st_ino);
		EXPECT_EQ(st.st_mode, S_IFREG);
		EXPECT_STR(t_fd_path(was.fd[i]), was.path);
		EXPECT_ERRNO(write(was.fd[i], "x", 1), EBADF);
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", was.fd[0]);
	EXPECT_ERRNO(open(link, O_RDONLY), EACCES);
	SYS(chmod(link, 0400));
	SYS(open("file", O_RDONLY));
}

ZDTM_TEST = {
	.doc = "an O_PATH descriptor of a file that may not be opened is kept, and still opens nothing",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
