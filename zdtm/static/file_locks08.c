// SPDX-License-Identifier: GPL-2.0-only
/* A lock of an open file (F_OFD_SETLK) that a child has inherited: it is in the way of neither. */
#include "zdtm.h"

static struct {
	int fd;
	char *locks;
	pid_t child;
} was;

static void child(long unused)
{
	t_wait(0);
	EXPECT_STR(t_locks(0, was.fd), was.locks);
	EXPECT_EQ(t_who_locks(was.fd, F_OFD_GETLK, F_WRLCK, 0, 0), 0);
	/* As good as the parent's: it can give up a part of it. */
	EXPECT(t_lock(was.fd, F_OFD_SETLK, F_UNLCK, 0, 10));
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	EXPECT(t_lock(was.fd, F_OFD_SETLK, F_WRLCK, 0, 0));
	was.locks = t_locks(0, was.fd);
	was.child = t_fork(child, 0);
}

static void check(void)
{
	int other = t_reopen(was.fd, O_RDWR);

	EXPECT_STR(t_locks(0, was.fd), was.locks);
	EXPECT(!t_lock(other, F_OFD_SETLK, F_RDLCK, 0, 10));
	t_wake(0);
	t_join(was.child);
	EXPECT_STR(t_locks(0, was.fd), "OFDLCK ADVISORY WRITE -1 10-EOF\n");
	EXPECT(t_lock(other, F_OFD_SETLK, F_RDLCK, 0, 10));
	EXPECT(!t_lock(other, F_OFD_SETLK, F_RDLCK, 10, 1));
}

ZDTM_TEST = {
	.doc = "a lock of an open file that tasks share",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
