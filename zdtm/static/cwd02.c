// SPDX-License-Identifier: GPL-2.0-only
/*
 * A removed directory in several hands: it is the working directory here and in a child, and open
 * twice. All have the same one, and a child can go where the descriptor leads.
 */
#include "zdtm.h"

static struct {
	int fd, again, before;
	pid_t child;
} was;

static bool is_here(int fd)
{
	int here = SYS(open(".", O_PATH | O_DIRECTORY));
	bool same = t_same_file(fd, here);

	SYS(close(here));
	return same;
}

static void child(long unused)
{
	t_wait(0);
	EXPECT(is_here(was.fd));
	SYS(fchdir(was.before));
	EXPECT(!is_here(was.fd));
	SYS(fchdir(was.again));
	EXPECT(is_here(was.fd));
}

static void setup(void)
{
	was.before = SYS(open(".", O_RDONLY | O_DIRECTORY));
	SYS(mkdir("dir", 0700));
	was.fd = SYS(open("dir", O_RDONLY | O_DIRECTORY));
	was.again = SYS(open("dir", O_PATH | O_DIRECTORY));
	SYS(chdir("dir"));
	was.child = t_fork(child, 0);
	SYS(unlinkat(was.before, "dir", AT_REMOVEDIR));
}

static void check(void)
{
	char path[32], some[1000];

	EXPECT(is_here(was.fd));
	EXPECT(is_here(was.again));
	snprintf(path, sizeof(path), "/proc/%d/cwd", was.child);
	EXPECT(t_same_file(was.fd, SYS(open(path, O_PATH))));
	EXPECT_ERRNO(openat(was.fd, "new", O_CREAT | O_WRONLY, 0600), ENOENT);
	EXPECT_ERRNO(syscall(SYS_getdents64, was.fd, some, sizeof(some)), ENOENT);
	EXPECT_ERRNO(faccessat(was.before, "dir", F_OK, 0), ENOENT);
	t_wake(0);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a removed directory is the same one for all who have it",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
