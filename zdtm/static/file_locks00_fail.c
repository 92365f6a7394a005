// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks are given up when a tree ends: an engine that was not told to bring them back has no
 * business to end it.
 */
#include <sys/file.h>

#include "zdtm.h"

enum { POSIX, OFD, FLOCK, LEASE };

static struct {
	int fd;
	char *locks;
} was;

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	switch (variant->arg) {
	case POSIX:
		EXPECT(t_lock(was.fd, F_SETLK, F_WRLCK, 0, 0));
		break;
	case OFD:
		EXPECT(t_lock(was.fd, F_OFD_SETLK, F_WRLCK, 0, 0));
		break;
	case FLOCK:
		SYS(flock(was.fd, LOCK_EX));
		break;
	case LEASE:
		SYS(fcntl(was.fd, F_SETLEASE, F_WRLCK));
		break;
	}
	was.locks = t_locks(0, was.fd);
}

static void check(void)
{
	EXPECT_STR(t_locks(0, was.fd), was.locks);
	EXPECT_NE(was.locks[0], '\0');
}

ZDTM_TEST = {
	.doc = "locked files are refused unless locks are to be saved",
	.object = "filelock",
	.demand = MUST_REFUSE,
	.variants = VARIANTS({ "posix", POSIX }, { "ofd", OFD }, { "flock", FLOCK },
			     { "lease", LEASE }),
	.setup = setup,
	.check = check,
};
