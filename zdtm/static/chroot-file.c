// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child that has changed its root to an empty directory holds a file of outside, which no path
 * leads to any more in there. It still reads and writes it.
 */
#include "zdtm.h"

static struct {
	int fd, dir;
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	was.fd = SYS(open("file", O_RDWR));
	SYS(chroot("jail"));
	SYS(chdir("/"));
	t_wake(1);
	t_wait(0);
	EXPECT_DATA(was.fd, &was.data);
	EXPECT_ERRNO(access("/file", F_OK), ENOENT);
	EXPECT_ERRNO(access("/../file", F_OK), ENOENT);
	SYS(access("/inside", F_OK));
	t_write(was.fd, "child", 5);
}

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	was.data = t_fill(fd, 100);
	SYS(close(fd));
	SYS(mkdir("jail", 0700));
	SYS(close(SYS(open("jail/inside", O_CREAT | O_WRONLY, 0600))));
	was.child = t_fork(child, 0);
	t_wait(1);
}

static void check(void)
{
	char path[32], *root;

	snprintf(path, sizeof(path), "/proc/%d/root", was.child);
	root = t_link(path);
	EXPECT(strstr(root, "/jail"));
	t_wake(0);
	t_join(was.child);
	EXPECT_EQ(strncmp(t_slurp("file"), "child", 5), 0);
	EXPECT_ERRNO(access("/inside", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "who changed its root still has the file from outside, and sees nothing else of it",
	.object = "task",
	.caps = CAP_BIT(CAP_SYS_CHROOT),
	.setup = setup,
	.check = check,
};
