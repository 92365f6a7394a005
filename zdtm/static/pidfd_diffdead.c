// SPDX-License-Identifier: GPL-2.0-only
/* Parent and child have each a descriptor of its own of the same grandchild, which is gone. */
#include <sys/pidfd.h>

#include "zdtm.h"

enum { BORN, OPEN, READY, LOOK };

static struct {
	int fd;
	pid_t child;
	struct {
		pid_t grandchild;
		ino_t inode;
	} * shared;
} was;

static ino_t inode(int fd)
{
	struct stat st;

	SYS(fstat(fd, &st));
	return st.st_ino;
}

static void grandchild(long unused)
{
	t_wait(OPEN);
}

static void child(long unused)
{
	pid_t pid = t_fork(grandchild, 0);
	int fd = SYS(pidfd_open(pid, 0));

	was.shared->grandchild = pid;
	t_wake(BORN);
	t_join(pid);
	t_wake(READY);
	t_wait(LOOK);
	EXPECT_ERRNO(pidfd_send_signal(fd, 0, NULL, 0), ESRCH);
	was.shared->inode = inode(fd);
}

static void setup(void)
{
	was.shared = t_map(T_PAGE, MAP_SHARED);
	was.child = t_fork(child, 0);
	t_wait(BORN);
	was.fd = SYS(pidfd_open(was.shared->grandchild, 0));
	t_wake(OPEN);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_ERRNO(pidfd_send_signal(was.fd, 0, NULL, 0), ESRCH);
	t_wake(LOOK);
	t_join(was.child);
	EXPECT_EQ(inode(was.fd), was.shared->inode);
}

ZDTM_TEST = {
	.doc = "pidfds of two tasks still stand for one process that is gone",
	.object = "pidfd",
	.needs = LIST("pidfd.inode"),
	.setup = setup,
	.check = check,
};
