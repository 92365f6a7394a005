// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timer ids count up: after holes there is one above a thousand. Those that are alive keep their
 * ids, and the next to be made gets one of its own.
 */
#include <time.h>

#include "zdtm.h"

#define TIMERS 4

static const int holes[] = { 0, 3, 200, 1000 };
static timer_t ids[TIMERS];

static timer_t make(int value)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE, .sigev_value.sival_int = value };
	timer_t id;

	SYS(timer_create(CLOCK_MONOTONIC, &ev, &id));
	return id;
}

static void setup(void)
{
	for (int i = 0; i < TIMERS; i++) {
		struct itimerspec t = { .it_value = { 1000 * (i + 1), 0 } };

		for (int k = 0; k < holes[i]; k++)
			SYS(timer_delete(make(0)));
		ids[i] = make(i);
		SYS(timer_settime(ids[i], 0, &t, NULL));
	}
	EXPECT_GT((intptr_t)ids[TIMERS - 1], 1000);
}

static void check(void)
{
	char *text = t_slurp("/proc/self/timers"), *at = text;
	timer_t next = make(0);
	struct itimerspec t;
	int n = 0;

	for (; (at = strstr(at, "ClockID: ")); at++)
		n++;
	free(text);
	EXPECT_EQ(n, TIMERS);
	for (int i = 0; i < TIMERS; i++) {
		SYS(timer_gettime(ids[i], &t));
		EXPECT_GT(t.it_value.tv_sec, 1000 * (i + 1) - 30);
		EXPECT_LE(t.it_value.tv_sec, 1000 * (i + 1));
		EXPECT_NE(next, ids[i]);
	}
	SYS(timer_gettime(next, &t));
	EXPECT_EQ(t.it_value.tv_sec, 0);
	for (int i = 0; i < TIMERS; i++)
		SYS(timer_delete(ids[i]));
	SYS(timer_delete(next));
}

ZDTM_TEST = {
	.doc = "timers keep ids with holes in between, and there are no others",
	.object = "timers",
	.setup = setup,
	.check = check,
};
