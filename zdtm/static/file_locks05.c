// SPDX-License-Identifier: GPL-2.0-only
/*
 * One of two open files is locked shared, by flock(2): the other can be, too. An engine that tries
 * out who has which lock may leave a stronger one behind.
 */
#include <sys/file.h>

#include "zdtm.h"

static struct {
	int locked, other;
	char *locks;
} was;

static void setup(void)
{
	was.locked = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.other = SYS(open("file", O_RDWR));
	SYS(flock(was.locked, LOCK_SH));
	was.locks = t_locks(0, was.locked);
}

static void check(void)
{
	EXPECT_STR(t_locks(0, was.locked), was.locks);
	EXPECT_STR(t_locks(0, was.other), "");
	EXPECT_ERRNO(flock(was.other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	SYS(flock(was.other, LOCK_SH | LOCK_NB));
	EXPECT_STR(t_locks(0, was.other), was.locks);
}

ZDTM_TEST = {
	.doc = "a shared lock of flock(2) stays shared, and is that of one open file",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
