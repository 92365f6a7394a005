// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is said to have taken a lock that belongs to an open file need not have that open any more.
 * It may even have ended: then it is somebody else who takes the lock once more.
 *
 * criu 4.2 has locks taken by any task that has the file.
 */
#include <sys/file.h>

#include "zdtm.h"

static struct {
	int here, gone;
	pid_t taker;
	char *locks;
} was;

static void takes(long unused)
{
	SYS(flock(was.here, LOCK_EX));
	SYS(close(was.here));
	t_wake(0);
	t_wait(1);
}

static void takes_and_ends(long unused)
{
	SYS(flock(was.gone, LOCK_EX));
}

static void setup(void)
{
	was.here = SYS(open("here", O_RDWR | O_CREAT, 0600));
	was.gone = SYS(open("gone", O_RDWR | O_CREAT, 0600));
	was.taker = t_fork(takes, 0);
	t_wait(0);
	t_join(t_fork(takes_and_ends, 0));
	was.locks = t_locks(0, was.here);
}

static void check(void)
{
	EXPECT_STR(t_locks(0, was.here), was.locks);
	EXPECT(strstr(t_locks(0, was.gone), "FLOCK ADVISORY WRITE "));
	EXPECT_ERRNO(flock(t_reopen(was.here, O_RDWR), LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXPECT_ERRNO(flock(t_reopen(was.gone, O_RDWR), LOCK_SH | LOCK_NB), EWOULDBLOCK);
	t_wake(1);
	t_join(was.taker);
	SYS(flock(was.here, LOCK_UN));
	EXPECT_STR(t_locks(0, was.here), "");
}

ZDTM_TEST = {
	.doc = "locks that were taken by who has the file no more",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
