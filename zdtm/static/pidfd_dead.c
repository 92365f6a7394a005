// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two descriptors of each of two processes that are gone: of one process still, by their inode
 * number, and not of the same.
 */
#include <poll.h>
#include <sys/pidfd.h>

#include "zdtm.h"

static int a[2], b[2];

static void nothing(long unused)
{
}

static void open_two(int fd[2])
{
	pid_t pid = t_fork(nothing, 0);

	for (int i = 0; i < 2; i++)
		fd[i] = SYS(pidfd_open(pid, i ? O_NONBLOCK : 0));
	t_join(pid);
}

static ino_t inode(int fd)
{
	struct stat st;

	SYS(fstat(fd, &st));
	return st.st_ino;
}

static void setup(void)
{
	open_two(a);
	open_two(b);
}

static void expect_gone(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	EXPECT_EQ((int)t_field_num(path, "Pid", 10), -1);
	EXPECT_EQ(t_ready(fd, POLLIN), POLLIN | POLLHUP);
	EXPECT_ERRNO(pidfd_send_signal(fd, 0, NULL, 0), ESRCH);
	EXPECT_EQ(SYS(fcntl(fd, F_GETFL)) & O_NONBLOCK, flags);
}

static void check(void)
{
	for (int i = 0; i < 2; i++) {
		expect_gone(a[i], i ? O_NONBLOCK : 0);
		expect_gone(b[i], i ? O_NONBLOCK : 0);
	}
	EXPECT_EQ(inode(a[0]), inode(a[1]));
	EXPECT_EQ(inode(b[0]), inode(b[1]));
	EXPECT_NE(inode(a[0]), inode(b[0]));
}

ZDTM_TEST = {
	.doc = "pidfds stand for one process even when it is gone",
	.object = "pidfd",
	.needs = LIST("pidfd.inode"),
	.setup = setup,
	.check = check,
};
