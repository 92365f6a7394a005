// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks on a memfd, which is a file as others are: of a process on some bytes, of an open file on
 * others, of flock(2) on all of it; or a lease, which who reads it has while nobody writes, or while
 * nobody else has it open. The descriptor of memfd_create(2) does not count.
 *
 * criu 4.2 opens what is leased for writing, and waits until that is broken.
 */
#include <sys/file.h>

#include "zdtm.h"

enum { LOCKS, LEASE, WRITE_LEASE };

static struct {
	int fd, again;
	char *locks[2];
	sigset_t told;
} was;

static void setup(void)
{
	sigemptyset(&was.told);
	sigaddset(&was.told, SIGIO);
	SYS(sigprocmask(SIG_BLOCK, &was.told, NULL));
	was.fd = SYS(memfd_create("locked", 0));
	t_fill(was.fd, 1000);
	was.again = t_reopen(was.fd, variant->arg == LOCKS ? O_RDWR : O_RDONLY);
	if (variant->arg != LOCKS) {
		SYS(fcntl(was.again, F_SETLEASE, variant->arg == LEASE ? F_RDLCK : F_WRLCK));
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
	const struct timespec none = {};
	char link[40];
	int third;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", was.fd);
	EXPECT_STR(t_locks(0, was.fd), was.locks[0]);
	EXPECT_STR(t_locks(0, was.again), was.locks[1]);
	if (variant->arg != LOCKS) {
		EXPECT_EQ(fcntl(was.again, F_GETLEASE), variant->arg == LEASE ? F_RDLCK : F_WRLCK);
		/* A writer breaks it, which whoever has it is told. */
		EXPECT_ERRNO(open(link, O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
		EXPECT_EQ(fcntl(was.again, F_GETLEASE), F_UNLCK);
		EXPECT_EQ(sigtimedwait(&was.told, NULL, &none), SIGIO);
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
	.variants = VARIANTS({ "locks", LOCKS }, { "lease", LEASE },
			     { "write_lease", WRITE_LEASE, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
