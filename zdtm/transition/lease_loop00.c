// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task leases a file, and lets go when it is told that somebody wants to open it; others open it
 * all the time. None of them is inside while it is leased, and nobody waits for ever: no signal is
 * lost.
 */
#include "zdtm.h"

#define OPENERS 2
#define SIGNAL  (SIGRTMIN + 1)

enum { TURNING, LEASED };

static struct {
	struct shared {
		int leased;
		bool done;
	} * shared;
	pid_t holder, opener[OPENERS];
} was;

static void holder(long unused)
{
	int fd = SYS(open("file", O_RDWR));
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	while (!was.shared->done) {
		siginfo_t info;

		/* It is forgotten with the lease. */
		SYS(fcntl(fd, F_SETSIG, SIGNAL));
		if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
			/* Somebody has it open. */
			EXPECT_EQ(errno, EAGAIN);
			SYS(syscall(SYS_sched_yield));
			continue;
		}
		__atomic_store_n(&was.shared->leased, 1, __ATOMIC_SEQ_CST);
		t_wake(LEASED);
		while (sigwaitinfo(&set, &info) < 0)
			EXPECT_EQ(errno, EINTR);
		__atomic_store_n(&was.shared->leased, 0, __ATOMIC_SEQ_CST);
		SYS(fcntl(fd, F_SETLEASE, F_UNLCK));
	}
}

static void opener(long unused)
{
	for (int i = 0; !t_over(); i++) {
		int fd = SYS(open("file", O_RDWR));

		EXPECT_EQ(__atomic_load_n(&was.shared->leased, __ATOMIC_SEQ_CST), 0);
		SYS(close(fd));
		if (i == 50)
			t_wake(TURNING);
		/* Let the other one have it. */
		SYS(syscall(SYS_sched_yield));
	}
}

static void setup(void)
{
	was.shared = t_map(T_PAGE, MAP_SHARED);
	SYS(close(SYS(open("file", O_RDWR | O_CREAT, 0600))));
	was.holder = t_fork(holder, 0);
	for (int i = 0; i < OPENERS; i++)
		was.opener[i] = t_fork(opener, 0);
	for (int i = 0; i < OPENERS; i++)
		t_wait(TURNING);
	for (int i = 0; i < 10; i++)
		t_wait(LEASED);
}

static void check(void)
{
	for (int i = 0; i < OPENERS; i++)
		t_join(was.opener[i]);
	was.shared->done = true;
	SYS(kill(was.holder, SIGNAL));
	t_join(was.holder);
}

ZDTM_TEST = {
	.doc = "a lease that is broken and taken again all the time",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
