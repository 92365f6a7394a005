// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O priorities, which belong to threads: best effort with the lowest level for the main thread,
 * idle for another, none of its own for a third. criu 4.2 loses them.
 */
#include <linux/ioprio.h>

#include "zdtm.h"

#define BEST_EFFORT_7 IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7)
#define IDLE          IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)
#define THREADS       2

enum { READY, GO };

static struct {
	pthread_t thread[THREADS];
	pid_t tid[THREADS];
	int none;
} was;

static int ioprio_of(pid_t tid)
{
	return SYS(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, tid));
}

static void ioprio(int value)
{
	SYS(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value));
}

static void thread(long i)
{
	was.tid[i] = gettid();
	if (i == 0)
		ioprio(IDLE);
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	was.none = ioprio_of(0);
	for (int i = 0; i < THREADS; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(READY);
	}
	ioprio(BEST_EFFORT_7);
}

static void check(void)
{
	EXPECT_EQ(ioprio_of(0), BEST_EFFORT_7);
	EXPECT_EQ(ioprio_of(was.tid[0]), IDLE);
	EXPECT_EQ(ioprio_of(was.tid[1]), was.none);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(was.thread[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its I/O priority, or that it has none",
	.object = "sched",
	.setup = setup,
	.check = check,
};
