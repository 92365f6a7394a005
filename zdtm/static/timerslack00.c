// SPDX-License-Identifier: GPL-2.0-only
/*
 * How late the timers of a thread may be: of the main thread, of one that set its own and of one
 * that did not. What a thread falls back to with 0 is what its creator had, and nobody can be
 * asked for that without falling back. criu 4.2 loses both.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define OF_MAIN   70000
#define OF_THREAD 123456

enum { THREAD_SET, THREAD_LEFT, THREADS };
enum { CURRENT, DEFAULT }; /* variant->arg */
enum { READY, GO };

static pthread_t threads[THREADS];

static void thread(long i)
{
	if (i == THREAD_SET)
		SYS(prctl(PR_SET_TIMERSLACK, OF_THREAD));
	t_wake(READY);
	t_wait(GO);
	if (variant->arg == CURRENT) {
		EXPECT_EQ(prctl(PR_GET_TIMERSLACK), i == THREAD_SET ? OF_THREAD : OF_MAIN);
	} else {
		SYS(prctl(PR_SET_TIMERSLACK, 0));
		EXPECT_EQ(prctl(PR_GET_TIMERSLACK), OF_MAIN);
	}
}

static void setup(void)
{
	SYS(prctl(PR_SET_TIMERSLACK, OF_MAIN));
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
}

static void check(void)
{
	EXPECT_EQ(prctl(PR_GET_TIMERSLACK), OF_MAIN);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its timer slack, and the one it would fall back to",
	.object = "sched",
	.variants = VARIANTS({ "current", CURRENT }, { "default", DEFAULT }),
	.setup = setup,
	.check = check,
};
