// SPDX-License-Identifier: GPL-2.0-only
/*
 * Epolls in epolls, as deep as the kernel allows; the innermost watches files of many kinds. What
 * happens to any of these is told by the outermost, and one more around it is refused, as before.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

#define DEPTH 5 /* EP_MAX_NESTS of fs/eventpoll.c is 4: so many may be watched */

enum { GO };
enum { EVENTFD, TIMERFD, SIGNALFD, PIDFD, PIPE, KINDS };

static struct {
	int ep[DEPTH]; /* the innermost first */
	int fd[KINDS], out;
} was;

static void child(long unused)
{
	t_wait(GO);
}

static void setup(void)
{
	sigset_t set;
	int ends[2];

	for (int i = 0; i < DEPTH; i++) {
		was.ep[i] = SYS(epoll_create1(0));
		if (i > 0)
			t_watch(was.ep[i], was.ep[i - 1], EPOLLIN, 100 + i);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	was.fd[EVENTFD] = SYS(eventfd(0, 0));
	was.fd[TIMERFD] = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	was.fd[SIGNALFD] = SYS(signalfd(-1, &set, 0));
	was.fd[PIDFD] = SYS(pidfd_open(t_fork(child, 0), 0));
	SYS(pipe(ends));
	was.fd[PIPE] = ends[0];
	was.out = ends[1];
	for (int i = 0; i < KINDS; i++)
		t_watch(was.ep[0], was.fd[i], EPOLLIN, i);
}

static void rouse(int kind)
{
	const struct itimerspec at_once = { .it_value = { 0, 1 } };
	uint64_t one = 1;

	switch (kind) {
	case EVENTFD:
		t_write(was.fd[kind], &one, sizeof(one));
		break;
	case TIMERFD:
		SYS(timerfd_settime(was.fd[kind], 0, &at_once, NULL));
		break;
	case SIGNALFD:
		SYS(raise(SIGUSR1));
		break;
	case PIDFD:
		t_wake(GO);
		break;
	case PIPE:
		t_write(was.out, "", 1);
		break;
	}
}

static void check(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int outer = SYS(epoll_create1(0));

	/* 5.10 says EINVAL. */
	EXPECT(epoll_ctl(outer, EPOLL_CTL_ADD, was.ep[DEPTH - 1], &e) < 0);
	EXPECT(errno == ELOOP || errno == EINVAL);
	EXPECT_ERRNO(epoll_ctl(was.ep[0], EPOLL_CTL_ADD, was.ep[DEPTH - 1], &e), ELOOP);
	EXPECT_NO_EVENT(was.ep[DEPTH - 1]);
	for (int kind = 0; kind < KINDS; kind++) {
		rouse(kind);
		t_await_ready(was.ep[DEPTH - 1], EPOLLIN);
		for (int i = DEPTH - 1; i > 0; i--)
			EXPECT_EVENT(was.ep[i], EPOLLIN, 100 + i);
		EXPECT_EVENT(was.ep[0], EPOLLIN, kind);
		SYS(epoll_ctl(was.ep[0], EPOLL_CTL_DEL, was.fd[kind], NULL));
		EXPECT_NO_EVENT(was.ep[DEPTH - 1]);
	}
}

ZDTM_TEST = {
	.doc = "epolls in epolls tell what happens to the files within",
	.object = "eventpoll",
	.needs = LIST("eventfd.semaphore_flag"),
	.setup = setup,
	.check = check,
};
