// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that fire again and again, with periods of some milliseconds, on four clocks: they do not
 * lose their period, and do not make up for what passed while nobody was there.
 */
#include <time.h>

#include "zdtm.h"

#define MS    1000000L
#define FIRST 40 /* signal */
#define TICKS 3

static const struct kind {
	clockid_t clock;
	long period;
} kinds[] = { { CLOCK_REALTIME, 2 * MS },
	      { CLOCK_MONOTONIC, 3 * MS },
	      { CLOCK_BOOTTIME, 7 * MS + 1 },
	      { CLOCK_TAI, 100 * MS } };

#define TIMERS 4

static timer_t ids[TIMERS];

static void setup(void)
{
	sigset_t all;

	sigfillset(&all);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &all, NULL));
	for (int i = 0; i < TIMERS; i++) {
		struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = FIRST + i };
		struct itimerspec t = { { 0, kinds[i].period }, { 0, kinds[i].period } };

		SYS(timer_create(kinds[i].clock, &ev, &ids[i]));
		SYS(timer_settime(ids[i], 0, &t, NULL));
	}
}

/* Periods that have ended by the time the signal is taken; 0 when there is none in time. */
static int take(int i, time_t seconds)
{
	const struct timespec patience = { .tv_sec = seconds };
	siginfo_t info = {};
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, FIRST + i);
	if (sigtimedwait(&one, &info, &patience) < 0)
		return 0;
	EXPECT_EQ(info.si_code, SI_TIMER);
	return 1 + info.si_overrun;
}

static int64_t now_ns(void)
{
	struct timespec t;

	SYS(clock_gettime(CLOCK_MONOTONIC, &t));
	return t.tv_sec * 1000 * MS + t.tv_nsec;
}

static void expect_period(int i)
{
	int64_t start, passed;
	int periods = 0;

	/* What waits already belongs to the past; once nothing does, the time before that counts. */
	do
		start = now_ns();
	while (take(i, 0));
	while (periods < TICKS && now_ns() - start < 5000 * MS)
		periods += take(i, 5);
	passed = now_ns() - start;
	EXPECT_GE(periods, TICKS);
	/* The first had begun before we looked. */
	EXPECT_GE(passed, (periods - 1) * kinds[i].period);
}

static void check(void)
{
	for (int i = 0; i < TIMERS; i++) {
		struct itimerspec t;

		SYS(timer_gettime(ids[i], &t));
		EXPECT_EQ(t.it_interval.tv_sec, 0);
		EXPECT_EQ(t.it_interval.tv_nsec, kinds[i].period);
		EXPECT_LE(t.it_value.tv_nsec, kinds[i].period);
		if (i < 3)
			expect_period(i);
		else
			EXPECT_GE(take(i, 5), 1);
	}
}

ZDTM_TEST = {
	.doc = "periodic timers keep their periods",
	.object = "timers",
	.setup = setup,
	.check = check,
};
