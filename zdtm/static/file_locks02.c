// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock by flock(2) belongs to the open file: a parent and its child, and two descriptors of one
 * of them, have one lock in common, which goes when any of them gives it up.
 */
#include <sys/file.h>

#include "zdtm.h"

static struct {
	int fd, dup;
	char *locks;
	pid_t child;
} was;

static void child(long parent)
{
	t_wait(0);
	EXPECT_STR(t_locks(0, was.fd), was.locks);
	SYS(flock(was.dup, LOCK_UN));
	EXPECT_STR(t_locks(0, was.fd), "");
	EXPECT_STR(t_locks(parent, was.fd), "");
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.dup = SYS(dup(was.fd));
	SYS(flock(was.fd, LOCK_EX));
	was.locks = t_locks(0, was.fd);
	was.child = t_fork(child, getpid());
}

static void check(void)
{
	EXPECT_STR(t_locks(0, was.fd), was.locks);
	EXPECT_STR(t_locks(0, was.dup), was.locks);
	EXPECT_STR(t_locks(was.child, was.fd), was.locks);
	EXPECT_ERRNO(flock(t_reopen(was.fd, O_RDWR), LOCK_EX | LOCK_NB), EWOULDBLOCK);
	t_wake(0);
	t_join(was.child);
	EXPECT_STR(t_locks(0, was.dup), "");
	SYS(flock(t_reopen(was.fd, O_RDWR), LOCK_EX | LOCK_NB));
}

ZDTM_TEST = {
	.doc = "one lock of flock(2) on an open file that tasks share",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
