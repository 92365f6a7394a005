// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread bound to the first CPU, another to the last, the main thread to none: asked of the
 * kernel and of the CPU each runs on. criu 4.2 loses the binding.
 */
#include <sched.h>

#include "zdtm.h"

enum { READY, GO };

static struct {
	cpu_set_t all;
	int cpu[2];
	pthread_t thread[2];
	pid_t tid[2];
} was;

static void thread(long i)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(was.cpu[i], &one);
	was.tid[i] = gettid();
	SYS(sched_setaffinity(0, sizeof(one), &one));
	t_wake(READY);
	t_wait(GO);
	for (int k = 0; k < 100 && EXPECT_EQ(sched_getcpu(), was.cpu[i]); k++)
		sched_yield();
}

static void setup(void)
{
	SYS(sched_getaffinity(0, sizeof(was.all), &was.all));
	if (CPU_COUNT(&was.all) < 2)
		t_skip("there is only one CPU to run on");
	was.cpu[0] = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &was.all))
			was.cpu[was.cpu[0] >= 0] = cpu;
	for (int i = 0; i < 2; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(READY);
	}
}

static void check(void)
{
	cpu_set_t now;

	SYS(sched_getaffinity(0, sizeof(now), &now));
	EXPECT(CPU_EQUAL(&now, &was.all));
	for (int i = 0; i < 2; i++) {
		SYS(sched_getaffinity(was.tid[i], sizeof(now), &now));
		EXPECT_EQ(CPU_COUNT(&now), 1);
		EXPECT(CPU_ISSET(was.cpu[i], &now));
	}
	for (int i = 0; i < 2; i++)
		t_wake(GO);
	for (int i = 0; i < 2; i++)
		t_thread_join(was.thread[i]);
}

ZDTM_TEST = {
	.doc = "threads stay bound to their CPUs, or unbound",
	.object = "sched",
	.setup = setup,
	.check = check,
};
