// SPDX-License-Identifier: GPL-2.0-only
/*
 * A read lock and a write lock of a process on whole files: who else may lock them, and who is said
 * to be in the way, stays as it was.
 */
#include "zdtm.h"

static struct {
	int read, write;
	pid_t child;
} was;

static void child(long parent)
{
	t_wait(0);
	EXPECT_EQ(t_who_locks(was.read, F_GETLK, F_RDLCK, 0, 0), 0);
	EXPECT_EQ(t_who_locks(was.read, F_GETLK, F_WRLCK, 0, 0), parent);
	EXPECT_EQ(t_who_locks(was.write, F_GETLK, F_RDLCK, 0, 0), parent);
	/* To the end of whatever it will be. */
	EXPECT_EQ(t_who_locks(was.write, F_GETLK, F_WRLCK, INT64_MAX - 1, 1), parent);
}

static void setup(void)
{
	was.read = SYS(open("read", O_RDWR | O_CREAT, 0600));
	was.write = SYS(open("write", O_RDWR | O_CREAT, 0600));
	EXPECT(t_lock(was.read, F_SETLK, F_RDLCK, 0, 0));
	EXPECT(t_lock(was.write, F_SETLK, F_WRLCK, 0, 0));
	was.child = t_fork(child, getpid());
}

static void check(void)
{
	t_wake(0);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "read and write locks of a process on whole files, with their owner",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
