// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three interval timers of a process, of wall time, user time and CPU time, all at work: they
 * go on with their intervals, each with its signal.
 */
#include <sys/time.h>
#include <time.h>

#include "zdtm.h"

#define TICKS 3

static const struct kind {
	int which, sig, usec;
} kinds[] = { { ITIMER_REAL, SIGALRM, 3000 },
	      { ITIMER_VIRTUAL, SIGVTALRM, 4000 },
	      { ITIMER_PROF, SIGPROF, 5000 } };

#define KINDS 3

static volatile int ticks[KINDS];

static void on_tick(int sig)
{
	for (int i = 0; i < KINDS; i++)
		ticks[i] += kinds[i].sig == sig;
}

static void setup(void)
{
	struct sigaction act = { .sa_handler = on_tick, .sa_flags = SA_RESTART };

	for (int i = 0; i < KINDS; i++) {
		struct itimerval t = { { 0, kinds[i].usec }, { 0, kinds[i].usec } };

		SYS(sigaction(kinds[i].sig, &act, NULL));
		SYS(setitimer(kinds[i].which, &t, NULL));
	}
}

static bool all_ticked(void)
{
	for (int i = 0; i < KINDS; i++)
		if (ticks[i] < TICKS)
			return false;
	return true;
}

static void check(void)
{
	struct itimerval now, none = {};
	time_t start = time(NULL);

	for (int i = 0; i < KINDS; i++)
		ticks[i] = 0;
	/* This uses CPU time, as two of them need it. */
	while (!all_ticked() && time(NULL) - start < 5)
		;
	for (int i = 0; i < KINDS; i++) {
		EXPECT_GE(ticks[i], TICKS);
		SYS(setitimer(kinds[i].which, &none, &now));
		EXPECT_EQ(now.it_interval.tv_sec, 0);
		EXPECT_EQ(now.it_interval.tv_usec, kinds[i].usec);
		EXPECT_LE(now.it_value.tv_usec, kinds[i].usec);
	}
}

ZDTM_TEST = {
	.doc = "interval timers that tick go on ticking",
	.object = "timers",
	.setup = setup,
	.check = check,
};
