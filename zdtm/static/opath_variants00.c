// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of O_PATH, which name a thing and open nothing: of everything that can have a name, be
 * it gone by now. They can be asked what they are, and be started from, but not read.
 *
 * criu 4.2 refuses such a fifo, for it takes it for an open one.
 */
#include <sys/sysmacros.h>

#include "zdtm.h"

enum { REGULAR, DIRECTORY, FIFO, SOCKET, SYMLINK, DEVICE, IN_PROC, REMOVED_DIR, REMOVED, THINGS };

static const mode_t kinds[THINGS] = { S_IFREG, S_IFDIR, S_IFIFO, S_IFSOCK, S_IFLNK,
				      S_IFCHR, S_IFREG, S_IFDIR, S_IFREG };

static struct {
	int fd[THINGS];
	struct blob data;
} was;

static void setup(void)
{
	const char *const names[THINGS] = { "regular",        "directory",   "fifo",
					    "socket",         "symlink",     "/dev/null",
					    "/proc/self/exe", "removed-dir", "removed" };
	int fd = SYS(open("regular", O_WRONLY | O_CREAT, 0600));

	was.data = t_fill(fd, 100);
	SYS(close(fd));
	SYS(mkdir("directory", 0700));
	SYS(close(SYS(open("directory/inside", O_WRONLY | O_CREAT, 0600))));
	SYS(mkfifo("fifo", 0600));
	SYS(mknod("socket", S_IFSOCK | 0600, 0));
	SYS(symlink("wherever", "symlink"));
	SYS(mkdir("removed-dir", 0700));
	SYS(mknod("removed", S_IFREG | 0600, 0));
	for (int i = 0; i < THINGS; i++)
		was.fd[i] = SYS(open(names[i], O_PATH | (i == SYMLINK ? O_NOFOLLOW : 0)));
	SYS(rmdir("removed-dir"));
	SYS(unlink("removed"));
}

static void check(void)
{
	char path[64], target[16] = "";
	struct stat st;
	int fd;

	for (int i = 0; i < THINGS; i++) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd[i]);
		EXPECT_EQ(t_field_num(path, "flags", 8) & O_PATH, O_PATH);
		SYS(fstat(was.fd[i], &st));
		EXPECT_EQ(st.st_mode & S_IFMT, kinds[i]);
		EXPECT_ERRNO(read(was.fd[i], path, 1), EBADF);
		EXPECT_ERRNO(fchmod(was.fd[i], 0777), EBADF);
		if (i == DEVICE)
			EXPECT_EQ(st.st_rdev, makedev(1, 3));
		if (i == REMOVED)
			EXPECT_EQ(st.st_nlink, 0);
	}
	SYS(readlinkat(was.fd[SYMLINK], "", target, sizeof(target) - 1));
	EXPECT_STR(target, "wherever");
	SYS(faccessat(was.fd[DIRECTORY], "inside", F_OK, 0));
	EXPECT_ERRNO(openat(was.fd[REMOVED_DIR], "new", O_CREAT | O_WRONLY, 0600), ENOENT);
	fd = t_reopen(was.fd[REGULAR], O_RDONLY);
	was.data.at = 0;
	EXPECT_DATA(fd, &was.data);
	EXPECT(t_same_file(was.fd[IN_PROC], SYS(open("/proc/self/exe", O_PATH))));
}

ZDTM_TEST = {
	.doc = "O_PATH descriptors name what they named, and still open nothing",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
