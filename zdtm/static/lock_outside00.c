// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks in which a process outside the tree has a part: it took one on an open file that it shares
 * with the tree, and would keep it; or it waits for one of the tree's, and would have it as soon as
 * the tree ends.
 *
 * criu 4.2 does not look outside.
 */
#include <sys/file.h>

#include "zdtm.h"

enum { SHARES, WAITS_POSIX, WAITS_OFD, WAITS_FLOCK, WAITS_LEASE };

enum { READY, WAITING, END, DONE };

static struct {
	int fd;
	pid_t *outsider; /* shared */
	char *locks;
} was;

static void outside(long unused)
{
	SYS(setsid());
	*was.outsider = getpid();
	if (variant->arg == SHARES) {
		SYS(flock(was.fd, LOCK_EX));
		t_wake(WAITING);
	} else {
		SYS(close(was.fd));
	}
	t_wake(READY);
	switch (variant->arg) {
	case SHARES:
		t_wait(END);
		break;
	case WAITS_POSIX:
		EXPECT(t_lock(SYS(open("file", O_RDWR)), F_SETLKW, F_RDLCK, 5, 1));
		break;
	case WAITS_OFD:
		EXPECT(t_lock(SYS(open("file", O_RDWR)), F_OFD_SETLKW, F_RDLCK, 5, 1));
		break;
	case WAITS_FLOCK:
		SYS(flock(SYS(open("file", O_RDWR)), LOCK_EX));
		break;
	case WAITS_LEASE:
		SYS(open("file", O_WRONLY));
		break;
	}
	t_wake(DONE);
}

static void leave_it(long unused)
{
	t_fork(outside, 0);
	t_wait(READY);
}

static void wait_until_it_waits(void)
{
	long nr = variant->arg == WAITS_FLOCK   ? SYS_flock
		  : variant->arg == WAITS_LEASE ? SYS_openat
						: SYS_fcntl;

	t_wait_syscall(*was.outsider, nr);
	/* Who reads /proc/locks makes others sleep for a moment before that, as 'D'. */
	t_wait_state(*was.outsider, 'S');
}

static void setup(void)
{
	signal(SIGIO, SIG_IGN);
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	switch (variant->arg) {
	case WAITS_POSIX:
		EXPECT(t_lock(was.fd, F_SETLK, F_WRLCK, 0, 10));
		break;
	case WAITS_OFD:
		EXPECT(t_lock(was.fd, F_OFD_SETLK, F_WRLCK, 0, 10));
		break;
	case WAITS_FLOCK:
		SYS(flock(was.fd, LOCK_EX));
		break;
	case WAITS_LEASE:
		SYS(fcntl(was.fd, F_SETLEASE, F_WRLCK));
		break;
	}
	was.outsider = t_map(T_PAGE, MAP_SHARED);
	t_join(t_fork(leave_it, 0));
	if (variant->arg == SHARES)
		t_wait(WAITING);
	else
		wait_until_it_waits();
	was.locks = t_locks(0, was.fd);
}

static void check(void)
{
	EXPECT_STR(t_locks(0, was.fd), was.locks);
	if (variant->arg != SHARES)
		wait_until_it_waits();
	SYS(close(was.fd));
	t_wake(END);
	t_wait(DONE);
}

ZDTM_TEST = {
	.doc = "locks that somebody outside the tree would keep, or get, are refused",
	.object = "filelock",
	.demand = MUST_REFUSE,
	.engine = LIST("--file-locks"),
	.variants = VARIANTS({ "shares", SHARES }, { "waits_posix", WAITS_POSIX },
			     { "waits_ofd", WAITS_OFD }, { "waits_flock", WAITS_FLOCK },
			     { "waits_lease", WAITS_LEASE }),
	.setup = setup,
	.check = check,
};
