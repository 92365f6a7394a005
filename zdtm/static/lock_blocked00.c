// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that waits for a lock still waits for it, and gets it when it is given up, not sooner.
 * Whoever would now wait for that task in turn is told that this would have no end.
 *
 * criu 4.2 loses locks of a process on a file that it has inherited open.
 */
#include <sys/file.h>

#include "zdtm.h"

enum { POSIX, OFD, FLOCK };

static struct {
	int fd, other;
	pid_t child;
} was;

static bool lock(int fd, short type)
{
	switch (variant->arg) {
	case POSIX:
		return t_lock(fd, F_SETLKW, type, 0, 10);
	case OFD:
		return t_lock(fd, F_OFD_SETLKW, type, 0, 10);
	default:
		return SYS(flock(fd, type == F_UNLCK ? LOCK_UN : LOCK_EX)) == 0;
	}
}

static void wait_until_it_waits(void)
{
	t_wait_syscall(was.child, variant->arg == FLOCK ? SYS_flock : SYS_fcntl);
	/* Who reads /proc/locks makes others sleep for a moment before that, as 'D'. */
	t_wait_state(was.child, 'S');
}

static void waits(long unused)
{
	int fd = SYS(open("file", O_RDWR));

	EXPECT(t_lock(was.other, F_SETLK, F_WRLCK, 0, 0));
	t_wake(0);
	EXPECT(lock(fd, F_WRLCK));
	t_wake(1);
	t_wait(2);
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.other = SYS(open("other", O_RDWR | O_CREAT, 0600));
	EXPECT(lock(was.fd, F_WRLCK));
	was.child = t_fork(waits, 0);
	t_wait(0);
	wait_until_it_waits();
}

static void check(void)
{
	struct flock range = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int third;

	wait_until_it_waits();
	/* The kernel knows this of processes only. */
	if (variant->arg == POSIX)
		EXPECT_ERRNO(fcntl(was.other, F_SETLKW, &range), EDEADLK);
	EXPECT(lock(was.fd, F_UNLCK));
	t_wait(1);
	third = t_reopen(was.fd, O_RDWR);
	if (variant->arg == FLOCK)
		EXPECT_ERRNO(flock(third, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	else
		EXPECT_EQ(t_who_locks(third, F_OFD_GETLK, F_RDLCK, 0, 10),
			  variant->arg == OFD ? -1 : was.child);
	t_wake(2);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a task that waits for a lock gets it in the end",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.variants = VARIANTS({ "posix", POSIX }, { "ofd", OFD }, { "flock", FLOCK }),
	.setup = setup,
	.check = check,
};
