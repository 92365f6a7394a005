// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lease that is being broken, on an open file that has two descriptors in the task that took it,
 * and one in its child. It is one lease; only the owner is told of it.
 *
 * criu 4.2 breaks it once more, and the holder is told twice.
 */
#include "zdtm.h"

static struct {
	int fd, dup;
	pid_t child;
	char *locks;
} was;

static bool told(void)
{
	sigset_t pending;

	SYS(sigpending(&pending));
	return sigismember(&pending, SIGIO);
}

static void expect_breaking(int fd)
{
	EXPECT_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	EXPECT_STR(t_locks(0, fd), was.locks);
	EXPECT(!told());
}

static void child(long unused)
{
	t_wait(0);
	expect_breaking(was.fd);
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
	was.locks = t_locks(0, was.fd);
	was.dup = SYS(dup(was.fd));
	was.child = t_fork(child, 0);
}

static void check(void)
{
	expect_breaking(was.fd);
	expect_breaking(was.dup);
	EXPECT_EQ(fcntl(was.fd, F_GETOWN), getpid());
	t_wake(0);
	t_join(was.child);
	EXPECT_STR(t_locks(0, was.fd), "");
	SYS(open("file", O_WRONLY | O_NONBLOCK));
	EXPECT(!told());
}

ZDTM_TEST = {
	.doc = "a lease that is being broken, on an open file that tasks share",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
