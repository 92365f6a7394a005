// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases that are being broken: an opener has been turned away, the signal has come, and the holder
 * has not acted on it yet. It is not told a second time, and what it does about it counts.
 *
 * criu 4.2 breaks them once more, and the holder is told twice.
 */
#include "zdtm.h"

static struct lease {
	const char *name;
	int open, type, breaker, becomes;
	int fd;
} leases[] = {
	{ "read by a writer", O_RDONLY, F_RDLCK, O_WRONLY, F_UNLCK },
	/* Whoever has it open for writing cannot have one for reading. */
	{ "write by a reader", O_RDONLY, F_WRLCK, O_RDONLY, F_RDLCK },
	{ "write by a writer", O_RDWR, F_WRLCK, O_WRONLY, F_UNLCK },
};
#define LEASES (sizeof(leases) / sizeof(leases[0]))

static sigset_t sigio;

static bool told(void)
{
	sigset_t pending;

	SYS(sigpending(&pending));
	return sigismember(&pending, SIGIO);
}

static void setup(void)
{
	char *patience = t_slurp("/proc/sys/fs/lease-break-time");

	/* After that many seconds the kernel breaks a lease by itself; 0: never. */
	if (atoi(patience) && atoi(patience) < 40)
		t_skip("fs.lease-break-time is %d", atoi(patience));
	sigemptyset(&sigio);
	sigaddset(&sigio, SIGIO);
	SYS(sigprocmask(SIG_BLOCK, &sigio, NULL));
	for (size_t i = 0; i < LEASES; i++) {
		struct lease *l = &leases[i];

		SYS(close(SYS(open(l->name, O_RDWR | O_CREAT, 0600))));
		l->fd = SYS(open(l->name, l->open));
		SYS(fcntl(l->fd, F_SETLEASE, l->type));
		EXPECT_ERRNO(open(l->name, l->breaker | O_NONBLOCK), EWOULDBLOCK);
		SYS(sigwaitinfo(&sigio, NULL));
	}
}

static void check(void)
{
	EXPECT(!told());
	for (size_t i = 0; i < LEASES; i++) {
		const struct lease *l = &leases[i];

		EXPECT_EQ(fcntl(l->fd, F_GETLEASE), l->becomes);
		EXPECT_EQ(fcntl(l->fd, F_GETOWN), getpid());
		EXPECT_ERRNO(open(l->name, l->breaker | O_NONBLOCK), EWOULDBLOCK);
		/* It is told about that already. */
		EXPECT(!told());
		SYS(fcntl(l->fd, F_SETLEASE, l->becomes));
		SYS(close(SYS(open(l->name, l->breaker | O_NONBLOCK))));
		EXPECT(!told());
	}
}

ZDTM_TEST = {
	.doc = "leases that are being broken, without being broken once more",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
