// SPDX-License-Identifier: GPL-2.0-only
/*
 * A periodic timer whose signal is blocked: it waits, as the timer's, with its value, and counts
 * the periods that end meanwhile. The signal may not be lost, nor come twice; the count may begin
 * anew, as no interface sets it.
 */
#include <time.h>

#include "zdtm.h"

#define SIG     40
#define VALUE   77
#define OVERRUN 20
#define MS      1000000L

enum { SIGNAL, COUNT }; /* variant->arg: what is asked for */

static timer_t id;

static void setup(void)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIG,
		.sigev_value.sival_int = VALUE,
	};
	const struct itimerspec once = { { 1000, 0 }, { 0, 1 } }, often = { { 0, MS }, { 0, MS } };
	const struct timespec expired = { .tv_nsec =
						  variant->arg == COUNT ? MS * (OVERRUN + 2) : MS };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &id));
	SYS(timer_settime(id, 0, variant->arg == COUNT ? &often : &once, NULL));
	/* Time is what makes this state. */
	SYS(clock_nanosleep(CLOCK_MONOTONIC, 0, &expired, NULL));
}

static void check(void)
{
	const struct timespec now = {};
	siginfo_t info = {};
	struct itimerspec t;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	EXPECT_EQ(SYS(sigtimedwait(&set, &info, &now)), SIG);
	EXPECT_EQ(info.si_code, SI_TIMER);
	EXPECT_EQ(info.si_value.sival_int, VALUE);
	EXPECT_EQ(info.si_timerid, (int)(intptr_t)id);
	if (variant->arg == COUNT) {
		EXPECT_GE(info.si_overrun, OVERRUN);
		EXPECT_GE(timer_getoverrun(id), OVERRUN);
		return;
	}
	EXPECT_ERRNO(sigtimedwait(&set, &info, &now), EAGAIN);
	SYS(timer_gettime(id, &t));
	EXPECT_EQ(t.it_interval.tv_sec, 1000);
	EXPECT_GE(t.it_value.tv_sec, 1000 - 30);
}

ZDTM_TEST = {
	.doc = "a timer's signal that waits is there once, and knows of how many periods",
	.object = "timers",
	.variants = VARIANTS({ "signal", SIGNAL }, { "count", COUNT, .demand = REPORT }),
	.setup = setup,
	.check = check,
};
