// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks on a memfd, which is a file as others are: of a process on some bytes, of an open file on
 * others, of flock(2) on all of it; or a lease, which who reads it has while nobody writes.
 */
#include <sys/file.h>

#include "zdtm.h"

enum { LOCKS, LEASE };

static struct {
	int fd, again;
	char *locks[2];
} was;

static void setup(void)
{
	was.fd = SYS(memfd_create("locked", 0));
	t_fill(was.fd, 1000);
	was.again = t_reopen(was.fd, variant->arg == LEASE ? O_RDONLY : O_RDWR);
	if (variant->arg == LEASE) {
		SYS(fcntl(was.again, F_SETLEASE, F_RDLCK));
	} else {
		EXPECT(t_lock(was.fd, F_SETLK, F_WRLCK, 100, 50));
		EXPECT(t_lock(was.again, F_OFD_SETLK, F_RDLCK, 200, 0));
		SYS(flock(was.again, LOCK_EX));
	}
	was.locks[0] = t_locks(0, was.fd);
	was.locks[1] = t_locks(0, was.again);
}

static void check(void)
{
	int third;

	EXPECT_STR(t_locks(0, was.fd), was.locks[0]);
	EXPECT_STR(t_locks(0, was.again), was.locks[1]);
	if (variant->arg == LEASE) {
		EXPECT_EQ(fcntl(was.again, F_GETLEASE), F_RDLCK);
		return;
	}
	third = t_reopen(was.fd, O_RDWR);
	EXPECT_ERRNO(flock(third, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXPECT(!t_lock(third, F_OFD_SETLK, F_RDLCK, 149, 1));
	EXPECT(t_lock(third, F_OFD_SETLK, F_RDLCK, 150, 1000));
	EXPECT(!t_lock(third, F_OFD_SETLK, F_WRLCK, 200, 1));
}

ZDTM_TEST = {
	.doc = "a memfd is locked as it was",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.variants = VARIANTS({ "locks", LOCKS }, { "lease", LEASE, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
