// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU time a process has used, and its dead children. No kernel interface sets it: clocks and
 * counts that ran on from nought are to be expected.
 */
#include <sys/resource.h>
#include <time.h>

#include "zdtm.h"

#define BURN_US 20000

static struct {
	int64_t self, children;
} was;

static int64_t used(int who)
{
	struct timespec t;
	struct rusage use;

	SYS(getrusage(who, &use));
	if (who == RUSAGE_CHILDREN)
		return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * INT64_C(1000000) +
		       use.ru_utime.tv_usec + use.ru_stime.tv_usec;
	SYS(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t));
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void burn(long us)
{
	while (used(RUSAGE_SELF) < us)
		;
}

static void setup(void)
{
	t_join(t_fork(burn, BURN_US));
	burn(BURN_US);
	was.self = used(RUSAGE_SELF);
	was.children = used(RUSAGE_CHILDREN);
}

static void check(void)
{
	EXPECT_GE(used(RUSAGE_SELF), was.self);
	EXPECT_GE(used(RUSAGE_CHILDREN), was.children);
}

ZDTM_TEST = {
	.doc = "CPU time used up, by the process and by its children, does not go back",
	.object = "task",
	.demand = REPORT,
	.setup = setup,
	.check = check,
};
