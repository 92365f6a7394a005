// SPDX-License-Identifier: GPL-2.0-only
/*
 * One-shot timers on every clock, relative and to a moment of the clock. What is left of a
 * relative one may stand still meanwhile, but not grow. One to a moment of the wall clock goes
 * off at that moment; of the other clocks that is not demanded, as they begin anew with every
 * boot. criu 4.2 is off by up to a second.
 */
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

#define SECONDS    3600
#define TOLERANCE  (2 * 1000 * 1000) /* nanoseconds */
#define PATIENCE_S 30                /* longer than any test takes */

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
#define N 3

static struct {
	int fd[N];
	int64_t end[N], left[N];
} was;

static int64_t ns(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t now(clockid_t clock)
{
	struct timespec t;

	SYS(clock_gettime(clock, &t));
	return ns(t);
}

static int64_t left(int fd)
{
	struct itimerspec t;

	SYS(timerfd_gettime(fd, &t));
	EXPECT_EQ(ns(t.it_interval), 0);
	return ns(t.it_value);
}

static void setup(void)
{
	for (int i = 0; i < N; i++) {
		struct itimerspec set = { .it_value = { SECONDS + i, 0 } };

		was.fd[i] = SYS(timerfd_create(clocks[i], 0));
		was.end[i] = now(clocks[i]) + ns(set.it_value);
		if (variant->arg & TFD_TIMER_ABSTIME)
			set.it_value = (struct timespec){ was.end[i] / 1000000000,
							  was.end[i] % 1000000000 };
		SYS(timerfd_settime(was.fd[i], variant->arg, &set, NULL));
		was.left[i] = left(was.fd[i]);
	}
}

static void check(void)
{
	for (int i = 0; i < N; i++) {
		int64_t rest = left(was.fd[i]), end = now(clocks[i]) + rest;
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd[i]);
		EXPECT_EQ(t_field_num(path, "clockid", 10), clocks[i]);
		EXPECT_EQ(t_field_num(path, "settime flags", 8), variant->arg);
		EXPECT_LE(rest, was.left[i]);
		EXPECT_GE(rest, was.left[i] - PATIENCE_S * INT64_C(1000000000));
		EXPECT_GE(end, was.end[i] - TOLERANCE);
		if (variant->arg & TFD_TIMER_ABSTIME && clocks[i] == CLOCK_REALTIME)
			EXPECT_LE(end, was.end[i] + TOLERANCE);
	}
}

ZDTM_TEST = {
	.doc = "timers on every clock go off when they would have",
	.object = "timerfd",
	.variants = VARIANTS({ "relative", 0 }, { "absolute", TFD_TIMER_ABSTIME }),
	.setup = setup,
	.check = check,
};
