// SPDX-License-Identifier: GPL-2.0-only
/*
 * A signalfd for one of two blocked signals, with nothing pending; another for real-time signals,
 * some of which are, with values; a third whose set was changed after it was made.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "zdtm.h"

static struct {
	int one, queued, changed, ep;
} was;

static int make(int sig, int flags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return SYS(signalfd(-1, &set, flags));
}

static void expect(int fd, int sig, int value)
{
	struct signalfd_siginfo info = {};

	t_read(fd, &info, sizeof(info));
	EXPECT_EQ(info.ssi_signo, sig);
	EXPECT_EQ(info.ssi_int, value);
}

static void setup(void)
{
	sigset_t set;

	sigfillset(&set);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	was.one = make(SIGUSR1, SFD_NONBLOCK);
	was.queued = make(SIGRTMAX, 0);
	was.changed = make(SIGUSR1, SFD_NONBLOCK);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	SYS(signalfd(was.changed, &set, 0));
	was.ep = SYS(epoll_create1(0));
	t_watch(was.ep, was.one, EPOLLIN, 1);
	for (int i = 0; i < 3; i++)
		SYS(sigqueue(getpid(), SIGRTMAX, (union sigval){ .sival_int = i }));
}

static void check(void)
{
	struct signalfd_siginfo info;

	SYS(raise(SIGUSR2));
	EXPECT_EQ(t_ready(was.one, POLLIN), 0);
	EXPECT_ERRNO(read(was.one, &info, sizeof(info)), EAGAIN);
	EXPECT_NO_EVENT(was.ep);
	expect(was.changed, SIGUSR2, 0);
	SYS(raise(SIGUSR1));
	EXPECT_EVENT(was.ep, EPOLLIN, 1);
	EXPECT_ERRNO(read(was.changed, &info, sizeof(info)), EAGAIN);
	expect(was.one, SIGUSR1, 0);
	for (int i = 0; i < 3; i++)
		expect(was.queued, SIGRTMAX, i);
	EXPECT_EQ(t_ready(was.queued, POLLIN), 0);
}

ZDTM_TEST = {
	.doc = "signalfds give the signals of their sets, and those that waited",
	.object = "signalfd",
	.setup = setup,
	.check = check,
};
