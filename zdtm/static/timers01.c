// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interval timers that end once, far in the future: no sooner, no later, and not again. A child has
 * inherited none.
 */
#include <sys/time.h>

#include "zdtm.h"

static const int kinds[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

#define KINDS   3
#define SECONDS 3600 /* and a second more for each */

enum { GO };

static pid_t child;

static void has_none(long unused)
{
	struct itimerval now;

	t_wait(GO);
	for (int i = 0; i < KINDS; i++) {
		SYS(getitimer(kinds[i], &now));
		EXPECT_EQ(now.it_value.tv_sec, 0);
		EXPECT_EQ(now.it_value.tv_usec, 0);
	}
}

static void setup(void)
{
	for (int i = 0; i < KINDS; i++) {
		struct itimerval t = { .it_value = { SECONDS + i, 0 } };

		SYS(setitimer(kinds[i], &t, NULL));
	}
	child = t_fork(has_none, 0);
}

static void check(void)
{
	struct itimerval now;

	for (int i = 0; i < KINDS; i++) {
		SYS(getitimer(kinds[i], &now));
		EXPECT_EQ(now.it_interval.tv_sec, 0);
		EXPECT_EQ(now.it_interval.tv_usec, 0);
		EXPECT_LE(now.it_value.tv_sec, SECONDS + i);
		EXPECT_GT(now.it_value.tv_sec, SECONDS + i - 30);
	}
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "interval timers set once keep the time they have left",
	.object = "timers",
	.setup = setup,
	.check = check,
};
