// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers of several clocks, far in the future, each with a signal and a value of its own; one is
 * not running. Between their ids there are others that have gone. Each keeps its time, and fires as
 * it was made when that time is cut short.
 */
#include <time.h>

#include "zdtm.h"

#define GONE 10 /* timers made and deleted before each */

static const struct kind {
	clockid_t clock;
	int sig, value, seconds;
} kinds[] = {
	{ CLOCK_REALTIME, 40, 1, 1000 }, { CLOCK_MONOTONIC, 41, -2, 2000 },
	{ CLOCK_BOOTTIME, 42, 0, 3000 }, { CLOCK_TAI, SIGALRM, 3, 4000 },
	{ CLOCK_MONOTONIC, 43, 4, 0 },
};

#define TIMERS 5

static timer_t ids[TIMERS];

static timer_t make(const struct kind *k)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = k->sig,
		.sigev_value.sival_int = k->value,
	};
	timer_t id;

	SYS(timer_create(k->clock, &ev, &id));
	return id;
}

static void setup(void)
{
	sigset_t all;

	sigfillset(&all);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &all, NULL));
	for (int i = 0; i < TIMERS; i++) {
		struct itimerspec t = { .it_value = { kinds[i].seconds, 0 } };

		for (int k = 0; k < GONE; k++)
			SYS(timer_delete(make(&kinds[i])));
		ids[i] = make(&kinds[i]);
		SYS(timer_settime(ids[i], 0, &t, NULL));
	}
}

static void expect_fires(int i)
{
	const struct itimerspec soon = { .it_value = { 0, 1 } };
	const struct timespec patience = { .tv_sec = 5 };
	siginfo_t info = {};
	sigset_t all;

	sigfillset(&all);
	SYS(timer_settime(ids[i], 0, &soon, NULL));
	SYS(sigtimedwait(&all, &info, &patience));
	EXPECT_EQ(info.si_signo, kinds[i].sig);
	EXPECT_EQ(info.si_code, SI_TIMER);
	EXPECT_EQ(info.si_value.sival_int, kinds[i].value);
	EXPECT_EQ(info.si_overrun, 0);
}

static void check(void)
{
	const struct timespec now = {};
	sigset_t all;

	sigfillset(&all);
	EXPECT_ERRNO(sigtimedwait(&all, NULL, &now), EAGAIN);
	for (int i = 0; i < TIMERS; i++) {
		struct itimerspec t;

		SYS(timer_gettime(ids[i], &t));
		EXPECT_EQ(t.it_interval.tv_sec, 0);
		EXPECT_EQ(t.it_interval.tv_nsec, 0);
		EXPECT_LE(t.it_value.tv_sec, kinds[i].seconds);
		EXPECT_GE(t.it_value.tv_sec, kinds[i].seconds - 30);
		if (kinds[i].seconds == 0)
			EXPECT_EQ(t.it_value.tv_nsec, 0);
		expect_fires(i);
	}
}

ZDTM_TEST = {
	.doc = "posix timers keep id, clock, time, signal and value",
	.object = "timers",
	.setup = setup,
	.check = check,
};
