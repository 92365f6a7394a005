// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks and a lease on files that lost their names: all of them, or the one they were opened by.
 * Their content is there, too, and nobody was told that the lease was broken to read it.
 *
 * criu 4.2 opens the file to read it, and waits for the lease to go that this breaks.
 */
#include <sys/file.h>

#include "zdtm.h"

enum { POSIX, OFD, FLOCK, LEASE, FILES };

static struct {
	int fd[FILES];
	char *locks[FILES];
	struct blob data[FILES];
} was;

static void take(int i, int fd)
{
	switch (i) {
	case POSIX:
		EXPECT(t_lock(fd, F_SETLK, F_WRLCK, 10, 10));
		break;
	case OFD:
		EXPECT(t_lock(fd, F_OFD_SETLK, F_RDLCK, 0, 1));
		break;
	case FLOCK:
		SYS(flock(fd, LOCK_EX));
		break;
	case LEASE:
		SYS(fcntl(fd, F_SETLEASE, F_WRLCK));
		break;
	}
}

static void setup(void)
{
	char other[32], name[] = "0";

	for (int i = 0; i < FILES; i++, name[0]++) {
		was.fd[i] = SYS(open(name, O_RDWR | O_CREAT, 0600));
		was.data[i] = t_fill(was.fd[i], 5000);
		snprintf(other, sizeof(other), "other %s", name);
		if (variant->arg)
			SYS(link(name, other));
		SYS(unlink(name));
		take(i, was.fd[i]);
		was.locks[i] = t_locks(0, was.fd[i]);
	}
}

static void check(void)
{
	int fd;

	for (int i = 0; i < FILES; i++) {
		EXPECT_STR(t_locks(0, was.fd[i]), was.locks[i]);
		EXPECT_DATA(was.fd[i], &was.data[i]);
	}
	EXPECT_EQ(fcntl(was.fd[LEASE], F_GETLEASE), F_WRLCK);
	fd = t_reopen(was.fd[OFD], O_RDWR);
	EXPECT(!t_lock(fd, F_OFD_SETLK, F_WRLCK, 0, 1));
	fd = t_reopen(was.fd[FLOCK], O_RDWR);
	EXPECT_ERRNO(flock(fd, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	/* The last: it may not be closed. */
	fd = t_reopen(was.fd[POSIX], O_RDWR);
	EXPECT_EQ(t_who_locks(fd, F_OFD_GETLK, F_RDLCK, 15, 1), getpid());
}

ZDTM_TEST = {
	.doc = "locks and leases on files without a name, or without the one they had",
	.object = "filelock",
	.engine = LIST("--file-locks", "--link-remap"),
	.variants = VARIANTS({ "unlinked", false }, { "linked", true }),
	.setup = setup,
	.check = check,
};
