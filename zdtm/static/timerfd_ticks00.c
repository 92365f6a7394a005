// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that went off and were not read, seen through an epoll: one that is over; one that goes
 * on; one that has done so for long, unasked, so that the kernel has counted but the first time;
 * one that goes off faster than anybody can look.
 *
 * criu 4.2 brings back periodic ones that have gone off as ones that are not armed.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

enum { OVER, ASKED, UNASKED, FAST, N };

static const long period[N] = { 0, 2000000, 2000000, 100 };

static struct {
	int ep, fd[N];
	int64_t begun;
} was;

static int64_t now_ns(void)
{
	struct timespec t;

	SYS(clock_gettime(CLOCK_MONOTONIC, &t));
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void setup(void)
{
	struct itimerspec set = { .it_value = { 0, 1 } };

	was.ep = SYS(epoll_create1(0));
	was.begun = now_ns();
	for (int i = 0; i < N; i++) {
		was.fd[i] = SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
		set.it_interval.tv_nsec = period[i];
		SYS(timerfd_settime(was.fd[i], 0, &set, NULL));
		t_watch(was.ep, was.fd[i], EPOLLIN, i);
		t_await_ready(was.fd[i], POLLIN);
	}
	/* So long that many periods have passed, but none that anybody asked for. */
	while (now_ns() < was.begun + 20 * period[UNASKED])
		;
	SYS(timerfd_gettime(was.fd[ASKED], &set));
}

static void check(void)
{
	struct epoll_event got[N + 1];
	struct itimerspec left;
	uint64_t ticks, most;

	EXPECT_EQ(SYS(epoll_wait(was.ep, got, N + 1, 0)), N);
	SYS(timerfd_gettime(was.fd[OVER], &left));
	EXPECT_EQ(left.it_value.tv_sec, 0);
	EXPECT_EQ(left.it_value.tv_nsec, 0);
	t_read(was.fd[OVER], &ticks, sizeof(ticks));
	EXPECT_EQ(ticks, 1);
	EXPECT_ERRNO(read(was.fd[OVER], &ticks, sizeof(ticks)), EAGAIN);

	for (int i = ASKED; i <= FAST; i++) {
		t_read(was.fd[i], &ticks, sizeof(ticks));
		most = (now_ns() - was.begun) / period[i] + 2;
		EXPECT_GE(ticks, 19);
		EXPECT_LE(ticks, most);
		/* And it goes on. */
		t_await_ready(was.fd[i], POLLIN);
		SYS(timerfd_gettime(was.fd[i], &left));
		EXPECT_EQ(left.it_interval.tv_nsec, period[i]);
	}
}

ZDTM_TEST = {
	.doc = "how often timers have gone off unread is not forgotten",
	.object = "timerfd",
	.setup = setup,
	.check = check,
};
