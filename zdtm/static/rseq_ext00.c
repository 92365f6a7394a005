// SPDX-License-Identifier: GPL-2.0-only
/*
 * The C library's areas for restartable sequences, which it registers once for each thread and
 * never looks at again: the kernel still keeps them up to date, with CPU and node, and the number
 * that a thread has among those of its process that run.
 */
#include <sched.h>
#include <sys/auxv.h>
#include <sys/rseq.h>

#include "zdtm.h"

#define THREADS 4
#define NOBODY  0xdead

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#endif

enum { READY, GO };

/* linux/rseq.h since 6.3 */
struct area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t rseq_cs;
	uint32_t flags, node_id, mm_cid;
};

static struct {
	pthread_t thread[THREADS];
	int cpu[2]; /* the first and the last we may use */
} was;

static void move_to(unsigned int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	SYS(sched_setaffinity(0, sizeof(one), &one));
}

static void expect_follows(void)
{
	volatile struct area *area = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	unsigned int node;

	/* From one CPU to another each time: who stays is not told again. */
	move_to(was.cpu[1]);
	for (int i = 0; i < 2; i++) {
		area->node_id = area->mm_cid = NOBODY;
		move_to(was.cpu[i]);
		SYS(syscall(SYS_getcpu, NULL, &node, NULL));
		EXPECT_EQ(area->cpu_id, was.cpu[i]);
		EXPECT_EQ(area->cpu_id_start, was.cpu[i]);
		EXPECT_EQ(area->node_id, node);
		EXPECT_LE(area->mm_cid, THREADS);
	}
}

static void thread(long unused)
{
	t_wake(READY);
	t_wait(GO);
	expect_follows();
}

static void setup(void)
{
	cpu_set_t all;

	if (!__rseq_size || getauxval(AT_RSEQ_FEATURE_SIZE) < 28)
		t_skip("kernel or C library lacks (extended) restartable sequences");
	SYS(sched_getaffinity(0, sizeof(all), &all));
	if (CPU_COUNT(&all) < 2)
		t_skip("there is only one CPU to run on");
	was.cpu[0] = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all))
			was.cpu[was.cpu[0] >= 0] = cpu;
	for (int i = 0; i < THREADS; i++) {
		was.thread[i] = t_thread(thread, 0);
		t_wait(READY);
	}
}

static void check(void)
{
	expect_follows();
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(was.thread[i]);
}

ZDTM_TEST = {
	.doc = "areas for restartable sequences are kept up to date, in every thread",
	.object = "rseq",
	.setup = setup,
	.check = check,
};
