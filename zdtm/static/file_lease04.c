// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lease that is being broken, on an open file that who took it has closed: only its child has it.
 * Who took it is still the owner of the file, and is not told once more.
 *
 * criu 4.2 breaks it once more, and the owner is told twice.
 */
#include "zdtm.h"

static struct {
	int fd;
	pid_t child;
} was;

static bool told(void)
{
	sigset_t pending;

	SYS(sigpending(&pending));
	return sigismember(&pending, SIGIO);
}

static void child(long parent)
{
	t_wait(0);
	EXPECT_EQ(fcntl(was.fd, F_GETLEASE), F_UNLCK);
	EXPECT_EQ(fcntl(was.fd, F_GETOWN), parent);
	EXPECT(!told());
	SYS(fcntl(was.fd, F_SETLEASE, F_UNLCK));
}

static void setup(void)
{
	sigset_t sigio;

	sigemptyset(&sigio);
	sigaddset(&sigio, SIGIO);
	SYS(sigprocmask(SIG_BLOCK, &sigio, NULL));
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	SYS(fcntl(was.fd, F_SETLEASE, F_WRLCK));
	EXPECT_ERRNO(open("file", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	SYS(sigwaitinfo(&sigio, NULL));
	was.child = t_fork(child, getpid());
	SYS(close(was.fd));
}

static void check(void)
{
	EXPECT(!told());
	EXPECT_ERRNO(open("file", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	EXPECT(!told());
	t_wake(0);
	t_join(was.child);
	SYS(open("file", O_WRONLY | O_NONBLOCK));
	EXPECT(!told());
}

ZDTM_TEST = {
	.doc = "a lease that is being broken, of a file that its owner has closed",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
