// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks that only go forwards still do, for the vdso and for the kernel, and the latter two agree.
 * How far they went on meanwhile is the engine's choice, within reason.
 */
#include <time.h>

#include "zdtm.h"

#define HOUR 3600

static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE,
				    CLOCK_BOOTTIME,  CLOCK_REALTIME,      CLOCK_TAI };

#define CLOCKS 6

static struct timespec was[CLOCKS];

static bool before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void setup(void)
{
	for (int i = 0; i < CLOCKS; i++)
		SYS(clock_gettime(clocks[i], &was[i]));
}

static void check(void)
{
	for (int i = 0; i < CLOCKS; i++) {
		struct timespec now, kernel, again;

		SYS(clock_gettime(clocks[i], &now));
		SYS(syscall(SYS_clock_gettime, clocks[i], &kernel));
		SYS(clock_gettime(clocks[i], &again));
		if (!EXPECT(!before(&now, &was[i])) ||
		    !EXPECT_LT(now.tv_sec, was[i].tv_sec + HOUR) ||
		    !EXPECT(!before(&kernel, &now)) || !EXPECT(!before(&again, &kernel)))
			t_note("that was clock %d", clocks[i]);
	}
}

ZDTM_TEST = {
	.doc = "clocks do not go back, nor far ahead, and vdso and kernel agree",
	.object = "timers",
	.setup = setup,
	.check = check,
};
