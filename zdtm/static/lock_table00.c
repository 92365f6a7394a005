// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks of a descriptor table that two tasks share (CLONE_FILES): each may have taken some, for
 * both. They are one owner; a third task with a copy of the table is another.
 *
 * criu 4.2 has one of the tasks take all locks.
 */
#include <sched.h>

#include "zdtm.h"

static struct {
	int fd, other;
	pid_t sharer, copier;
	char *locks;
} was;

static void sharer(long unused)
{
	EXPECT(t_lock(was.fd, F_SETLK, F_WRLCK, 20, 10));
	t_wake(0);
	t_wait(1);
	/* The parent's as well as its own. */
	EXPECT(t_lock(was.fd, F_SETLK, F_WRLCK, 0, 25));
	EXPECT(t_lock(was.fd, F_SETLK, F_UNLCK, 0, 25));
	t_wake(2);
	t_wait(3);
	SYS(close(was.other));
	t_wake(4);
	t_wait(5);
}

static void copier(long unused)
{
	t_wait(6);
	EXPECT_STR(t_locks(0, was.fd), "");
	EXPECT_EQ(t_who_locks(was.fd, F_GETLK, F_WRLCK, 25, 1), was.sharer);
	EXPECT_EQ(t_who_locks(was.fd, F_GETLK, F_WRLCK, 0, 25), 0);
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.other = SYS(open("file", O_RDWR));
	EXPECT(t_lock(was.fd, F_SETLK, F_RDLCK, 0, 10));
	was.sharer = t_clone(CLONE_FILES, SIGCHLD, sharer, 0);
	t_wait(0);
	was.copier = t_fork(copier, 0);
	was.locks = t_locks(0, was.fd);
}

static void check(void)
{
	EXPECT_STR(t_locks(0, was.fd), was.locks);
	EXPECT_STR(t_locks(was.sharer, was.fd), was.locks);
	t_wake(1);
	t_wait(2);
	t_wake(6);
	t_join(was.copier);
	EXPECT_NE(t_locks(0, was.fd)[0], '\0');
	t_wake(3);
	t_wait(4);
	EXPECT_STR(t_locks(0, was.fd), "");
	t_wake(5);
	t_join(was.sharer);
}

ZDTM_TEST = {
	.doc = "locks of a descriptor table that tasks have in common",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
