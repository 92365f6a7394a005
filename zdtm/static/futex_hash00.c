// SPDX-License-Identifier: GPL-2.0-only
/*
 * The number of hash slots a process has for its own futexes: so many as it asked for, fixed, or
 * none, so that it uses those of all. Threads that are made later do not change it. criu 4.2 loses
 * it.
 */
#include "feature-probes/uapi/prctl.h"
#include "zdtm.h"

enum { READY, GO };

static pthread_t thread;

static long slots(void)
{
	return SYS(prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_GET_SLOTS, 0, 0, 0));
}

static void waits(long unused)
{
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	if (prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS, variant->arg, 0, 0))
		t_skip("PR_FUTEX_HASH: %s", strerror(errno));
	thread = t_thread(waits, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(slots(), variant->arg);
	t_wake(GO);
	t_thread_join(thread);
	t_wake(GO);
	t_thread_join(t_thread(waits, 0));
	EXPECT_EQ(slots(), variant->arg);
}

ZDTM_TEST = {
	.doc = "a process keeps the hash it has asked for, for its own futexes",
	.object = "mm",
	.variants = VARIANTS({ "eight", 8 }, { "global", 0 }),
	.setup = setup,
	.check = check,
};
