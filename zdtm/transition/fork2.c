// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten children at any time, each of which lives for some milliseconds: they end while they are
 * dumped, and are zombies when they are not looked after. Every one's status arrives once.
 */
#include <time.h>

#include "zdtm.h"

#define ALIVE 10

enum { TURNING, STILL_TURNING };

static pid_t forker;

static void lives_shortly(long nr)
{
	const struct timespec t = { .tv_nsec = 1000000 * (1 + nr % 7) };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
	_exit(nr % 100);
}

static void keep_ten(long unused)
{
	pid_t pid[ALIVE] = {};
	long nr = 0;

	do {
		long i = nr % ALIVE;

		if (pid[i])
			EXPECT_EQ(WEXITSTATUS(t_reap(pid[i])), (nr - ALIVE) % 100);
		pid[i] = t_fork(lives_shortly, nr);
		if (++nr == 2 * ALIVE)
			t_wake(TURNING);
	} while (!t_over());
	for (long last = nr; nr < last + ALIVE; nr++)
		EXPECT_EQ(WEXITSTATUS(t_reap(pid[nr % ALIVE])), (nr - ALIVE) % 100);
	EXPECT_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD);
	t_wake(STILL_TURNING);
}

static void setup(void)
{
	forker = t_fork(keep_ten, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_wait(STILL_TURNING);
	t_join(forker);
}

ZDTM_TEST = {
	.doc = "short-lived children are waited for once each",
	.object = "task",
	.setup = setup,
	.check = check,
};
