// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a thread wants to hear of memory that has gone bad: at once, when it gets there, or as the
 * system has it. Children inherit it. criu 4.2 loses it.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define THREADS 3

enum { READY, GO };

static const int policies[] = { PR_MCE_KILL_EARLY, PR_MCE_KILL_LATE, PR_MCE_KILL_DEFAULT };

static pthread_t threads[THREADS];

static void expect_policy(long policy)
{
	EXPECT_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), policy);
}

static void thread(long i)
{
	SYS(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, policies[i], 0, 0));
	t_wake(READY);
	t_wait(GO);
	expect_policy(policies[i]);
	t_join(t_fork(expect_policy, policies[i]));
}

static void setup(void)
{
	if (prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) < 0)
		t_skip("PR_MCE_KILL_GET: %s", strerror(errno));
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
	SYS(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
}

static void check(void)
{
	expect_policy(PR_MCE_KILL_EARLY);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its policy for memory that goes bad",
	.object = "task",
	.setup = setup,
	.check = check,
};
