// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lease whose holder is told by a signal of its choice, which names the descriptor; and one that
 * is being broken by an opener who waits. The opener goes on waiting, tells nobody once more, and
 * gets in when the holder lets go.
 *
 * criu 4.2 breaks it once more, and the holder is told twice.
 */
#include "zdtm.h"

#define SIGNAL (SIGRTMIN + 5)

static struct {
	int leased, waited_for;
	pid_t child;
} was;

static sigset_t set;

static bool told(void)
{
	sigset_t pending;

	SYS(sigpending(&pending));
	return sigismember(&pending, SIGNAL);
}

static void expect_told(int fd)
{
	siginfo_t info;

	EXPECT_EQ(sigwaitinfo(&set, &info), SIGNAL);
	EXPECT_EQ(info.si_code, POLL_MSG);
	EXPECT_EQ(info.si_fd, fd);
}

static int lease(const char *name)
{
	int fd = SYS(open(name, O_RDWR | O_CREAT, 0600));

	SYS(fcntl(fd, F_SETSIG, SIGNAL));
	SYS(fcntl(fd, F_SETLEASE, F_WRLCK));
	return fd;
}

static void opener(long unused)
{
	SYS(close(was.leased));
	SYS(close(was.waited_for));
	SYS(open("waited for", O_RDWR));
	t_wake(0);
	t_wait(1);
}

static void setup(void)
{
	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	was.leased = lease("leased");
	was.waited_for = lease("waited for");
	was.child = t_fork(opener, 0);
	expect_told(was.waited_for);
	t_wait_syscall(was.child, SYS_openat);
	t_wait_state(was.child, 'S');
}

static void check(void)
{
	EXPECT(!told());
	EXPECT_EQ(fcntl(was.leased, F_GETLEASE), F_WRLCK);
	EXPECT_EQ(fcntl(was.leased, F_GETSIG), SIGNAL);
	EXPECT_ERRNO(open("leased", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	expect_told(was.leased);

	t_wait_syscall(was.child, SYS_openat);
	t_wait_state(was.child, 'S');
	EXPECT_EQ(fcntl(was.waited_for, F_GETLEASE), F_UNLCK);
	SYS(fcntl(was.waited_for, F_SETLEASE, F_UNLCK));
	t_wait(0);
	EXPECT(!told());
	t_wake(1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a lease with a signal of one's choice; one that an opener waits for",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
