// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child has a locked open file that its parent has closed. The parent has the same file open once
 * more, and cannot lock it.
 */
#include <sys/file.h>

#include "zdtm.h"

static struct {
	int locked, other;
	char *locks;
	pid_t child;
} was;

static void child(long unused)
{
	SYS(flock(was.locked, LOCK_EX));
	was.locks = t_locks(0, was.locked);
	t_wake(0);
	t_wait(1);
	EXPECT_STR(t_locks(0, was.locked), was.locks);
	SYS(close(was.locked));
	t_wake(2);
	t_wait(3);
}

static void setup(void)
{
	was.locked = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.other = SYS(open("file", O_RDWR));
	was.child = t_fork(child, 0);
	t_wait(0);
	SYS(close(was.locked));
}

static void check(void)
{
	EXPECT_STR(t_locks(0, was.other), "");
	EXPECT_ERRNO(flock(was.other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	t_wake(1);
	/* With its last descriptor the lock is gone. */
	t_wait(2);
	SYS(flock(was.other, LOCK_EX | LOCK_NB));
	t_wake(3);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a lock of flock(2) that only a child has, beside another open of the file",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
