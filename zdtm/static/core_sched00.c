// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core scheduling: two of three tasks may run on one core at the same time, with nobody else. That they
 * may, and with whom, is as before, or the dump is refused; the cookie they share is the kernel's to
 * choose.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE        62
#define PR_SCHED_CORE_GET    0
#define PR_SCHED_CORE_CREATE 1
#endif

enum { READY, GO };

static pid_t trusted, other;

static uint64_t cookie(pid_t pid)
{
	uint64_t c = 0;

	SYS(prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, pid, 0, &c));
	return c;
}

static void lives(long unused)
{
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	other = t_fork(lives, 0);
	t_wait(READY);
	SYS(prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, 0, 0));
	trusted = t_fork(lives, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_NE(cookie(0), 0);
	EXPECT_EQ(cookie(trusted), cookie(0));
	EXPECT_EQ(cookie(other), 0);
	t_wake(GO);
	t_wake(GO);
	t_join(trusted);
	t_join(other);
}

ZDTM_TEST = {
	.doc = "tasks share a core with whom they did, and nobody else, or the dump is refused",
	.object = "sched",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("sched.core_cookie"),
	.setup = setup,
	.check = check,
};
