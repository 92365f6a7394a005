// SPDX-License-Identifier: GPL-2.0-only
/*
 * One-shot entries that have reported: until they are armed again nothing is told, whatever
 * happens, not even a hang-up. Their files are in every state: still ready, or quiet again; of
 * one the number is closed. criu 4.2 adds them as entries that report errors and hang-ups.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

/* The kind of file, and what else is special. */
enum { PIPE, EVENTFD, TIMERFD, SIGNALFD, EPOLL, KIND = 0xf };
#define QUIET  0x10 /* what it reported has been read */
#define ARMED  0x20 /* it has not reported */
#define CLOSED 0x40 /* its number is closed */

#define DATA  UINT64_C(0x700000007)
#define OTHER 300 /* the number that is closed */

static struct {
	int ep, fd, number;
	int rouse; /* where to write */
} was;

static int kind(void)
{
	return variant->arg & KIND;
}

static void make(void)
{
	sigset_t set;
	int ends[2];

	switch (kind()) {
	case PIPE:
		SYS(pipe(ends));
		was.fd = ends[0];
		was.rouse = ends[1];
		break;
	case EVENTFD:
		was.fd = was.rouse = SYS(eventfd(0, 0));
		break;
	case TIMERFD:
		was.fd = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
		break;
	case SIGNALFD:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		SYS(sigprocmask(SIG_BLOCK, &set, NULL));
		was.fd = SYS(signalfd(-1, &set, 0));
		break;
	case EPOLL:
		was.fd = SYS(epoll_create1(0));
		was.rouse = SYS(eventfd(0, 0));
		t_watch(was.fd, was.rouse, EPOLLIN, 0);
		break;
	}
}

static void rouse(void)
{
	const struct itimerspec at_once = { .it_value = { 0, 1 } };
	uint64_t one = 1;

	if (kind() == TIMERFD)
		SYS(timerfd_settime(was.fd, 0, &at_once, NULL));
	else if (kind() == SIGNALFD)
		SYS(raise(SIGUSR1));
	else
		t_write(was.rouse, &one, kind() == PIPE ? 1 : sizeof(one));
	t_await_ready(was.fd, POLLIN);
}

static void calm(void)
{
	char got[sizeof(struct signalfd_siginfo)];

	SYS(read(kind() == EPOLL ? was.rouse : was.fd, got,
		 kind() == PIPE       ? 1
		 : kind() == SIGNALFD ? sizeof(got)
				      : sizeof(uint64_t)));
}

static void setup(void)
{
	make();
	was.ep = SYS(epoll_create1(0));
	was.number = variant->arg & CLOSED ? SYS(dup2(was.fd, OTHER)) : was.fd;
	t_watch(was.ep, was.number, EPOLLIN | EPOLLONESHOT, DATA);
	if (variant->arg & ARMED)
		return;
	rouse();
	EXPECT_EVENT(was.ep, EPOLLIN, DATA);
	if (variant->arg & QUIET)
		calm();
	if (variant->arg & CLOSED)
		SYS(close(was.number));
}

static void arm(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = DATA + 1 };

	if (variant->arg & CLOSED)
		SYS(dup2(was.fd, OTHER));
	SYS(epoll_ctl(was.ep, EPOLL_CTL_MOD, was.number, &e));
}

static void check(void)
{
	struct t_watch now;

	EXPECT_EQ(t_watches(was.ep, &now, 1), 1);
	if (variant->arg & ARMED) {
		EXPECT_EQ(now.events, EPOLLIN | EPOLLONESHOT | EPOLLERR | EPOLLHUP);
		rouse();
		EXPECT_EVENT(was.ep, EPOLLIN, DATA);
	} else {
		EXPECT_EQ(now.events, EPOLLONESHOT);
		if (variant->arg & QUIET) {
			EXPECT_EQ(t_ready(was.fd, POLLIN), 0);
			rouse();
		}
	}
	EXPECT_NO_EVENT(was.ep);
	arm();
	EXPECT_EVENT(was.ep, EPOLLIN, DATA + 1);
	EXPECT_NO_EVENT(was.ep);
	if (kind() == PIPE) {
		SYS(close(was.rouse));
		EXPECT_EQ(t_ready(was.fd, POLLIN) & POLLHUP, POLLHUP);
		EXPECT_NO_EVENT(was.ep);
	}
}

ZDTM_TEST = {
	.doc = "one-shot entries of an epoll that have reported stay silent",
	.object = "eventpoll",
	.needs = LIST("eventfd.semaphore_flag", "eventpoll.oneshot", "kcmp.epoll_tfd"),
	.variants = VARIANTS(
		{ "armed", PIPE | ARMED }, { "pipe", PIPE }, { "pipe_quiet", PIPE | QUIET },
		{ "eventfd_quiet", EVENTFD | QUIET }, { "timerfd_quiet", TIMERFD | QUIET },
		{ "signalfd_quiet", SIGNALFD | QUIET }, { "epoll_quiet", EPOLL | QUIET },
		{ "closed_quiet", PIPE | QUIET | CLOSED }),
	.setup = setup,
	.check = check,
};
