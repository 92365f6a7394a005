// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child whose root directory has been removed from outside. There is nothing for it any more, and
 * no way out either.
 */
#include "zdtm.h"

static struct {
	pid_t child;
} was;

static void child(long unused)
{
	struct stat st;

	SYS(chroot("jail"));
	SYS(chdir("/"));
	t_wake(1);
	t_wait(0);
	SYS(stat("/", &st));
	EXPECT_EQ(st.st_mode, S_IFDIR | 0751);
	EXPECT_ERRNO(mkdir("/new", 0700), ENOENT);
	EXPECT_ERRNO(access("/../outside", F_OK), ENOENT);
	EXPECT_ERRNO(access("/proc", F_OK), ENOENT);
}

static void setup(void)
{
	SYS(mkdir("jail", 0751));
	SYS(mknod("outside", S_IFREG | 0600, 0));
	was.child = t_fork(child, 0);
	t_wait(1);
	SYS(rmdir("jail"));
}

static void check(void)
{
	char path[32];
	int root, cwd;

	snprintf(path, sizeof(path), "/proc/%d/root", was.child);
	root = SYS(open(path, O_PATH));
	EXPECT(strstr(t_fd_path(root), "/jail (deleted)"));
	snprintf(path, sizeof(path), "/proc/%d/cwd", was.child);
	cwd = SYS(open(path, O_PATH));
	EXPECT(t_same_file(root, cwd));
	t_wake(0);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a root directory that was removed is still the one there is",
	.object = "task",
	.caps = CAP_BIT(CAP_SYS_CHROOT),
	.setup = setup,
	.check = check,
};
