// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lease for reading and one for writing: their types, and that the next opener they exclude
 * breaks them, with a signal.
 */
#include "zdtm.h"

static struct {
	int read, write;
} was;

static sigset_t sigio;

static int lease(const char *name, int flags, int type)
{
	int fd;

	SYS(close(SYS(open(name, O_RDWR | O_CREAT, 0600))));
	fd = SYS(open(name, flags));
	SYS(fcntl(fd, F_SETLEASE, type));
	return fd;
}

static void expect_break(int fd, const char *name, int flags, int type)
{
	sigset_t pending;

	EXPECT_ERRNO(open(name, flags | O_NONBLOCK), EWOULDBLOCK);
	SYS(sigpending(&pending));
	if (EXPECT(sigismember(&pending, SIGIO)))
		SYS(sigwaitinfo(&sigio, NULL));
	EXPECT_EQ(fcntl(fd, F_GETLEASE), type);
}

static void setup(void)
{
	sigemptyset(&sigio);
	sigaddset(&sigio, SIGIO);
	SYS(sigprocmask(SIG_BLOCK, &sigio, NULL));
	was.read = lease("read", O_RDONLY, F_RDLCK);
	was.write = lease("write", O_RDWR, F_WRLCK);
}

static void check(void)
{
	sigset_t pending;

	EXPECT_EQ(fcntl(was.read, F_GETLEASE), F_RDLCK);
	EXPECT_EQ(fcntl(was.write, F_GETLEASE), F_WRLCK);
	EXPECT_EQ(fcntl(was.read, F_GETOWN), getpid());
	EXPECT_EQ(fcntl(was.write, F_GETOWN), getpid());
	SYS(sigpending(&pending));
	EXPECT(!sigismember(&pending, SIGIO));

	SYS(close(SYS(open("read", O_RDONLY | O_NONBLOCK))));
	expect_break(was.read, "read", O_WRONLY, F_UNLCK);
	expect_break(was.write, "write", O_RDONLY, F_RDLCK);
}

ZDTM_TEST = {
	.doc = "leases for reading and for writing",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
