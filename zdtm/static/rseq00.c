// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas for restartable sequences, in place of the C library's: of the main thread and another one,
 * and a third thread that has none. The kernel knows where they are, keeps them up to date, and
 * gives them up only to those who know the signature.
 */
#include <linux/rseq.h>
#include <sched.h>
#include <sys/rseq.h>

#include "zdtm.h"

#define SIGNATURE 0x12345678
#define THREADS   2

enum { WITH, WITHOUT };
enum { READY, GO };

static __thread struct rseq area __attribute__((aligned(32)));
static pthread_t threads[THREADS];

static long rseq(void *at, int flags, uint32_t signature)
{
	return syscall(SYS_rseq, at, 32, flags, signature);
}

static void leave_libc_area(void)
{
	void *libc = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		SYS(rseq(libc, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
}

/* The kernel writes into it where we are now. */
static void expect_follows(void)
{
	cpu_set_t all, one;

	SYS(sched_getaffinity(0, sizeof(all), &all));
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		SYS(sched_setaffinity(0, sizeof(one), &one));
		EXPECT_EQ(*(volatile uint32_t *)&area.cpu_id, cpu);
	}
}

static void expect_registered(void)
{
	EXPECT_ERRNO(rseq(&area, 0, SIGNATURE), EBUSY);
	expect_follows();
	EXPECT_ERRNO(rseq(&area, RSEQ_FLAG_UNREGISTER, SIGNATURE + 1), EPERM);
	SYS(rseq(&area, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	EXPECT_EQ(area.cpu_id, (uint32_t)RSEQ_CPU_ID_UNINITIALIZED);
}

static void thread(long which)
{
	leave_libc_area();
	if (which == WITH)
		SYS(rseq(&area, 0, SIGNATURE));
	t_wake(READY);
	t_wait(GO);
	if (which == WITH)
		expect_registered();
	else
		SYS(rseq(&area, 0, SIGNATURE + 1));
}

static void setup(void)
{
	if (!__rseq_size && rseq(NULL, 0, 0) && errno == ENOSYS)
		t_skip("no such system call: rseq");
	/* Threads first: the C library registers none for those whose creator has none. */
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
	leave_libc_area();
	SYS(rseq(&area, 0, SIGNATURE));
}

static void check(void)
{
	expect_registered();
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "restartable sequences stay registered, each thread's own, or not",
	.object = "rseq",
	.needs = LIST("ptrace.rseq_configuration"),
	.setup = setup,
	.check = check,
};
