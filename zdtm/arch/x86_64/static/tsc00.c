// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that may not read the time stamp counter, and gets SIGSEGV if it does; the main thread
 * may. With criu 4.2 both may.
 */
#include <sys/prctl.h>

#include "zdtm.h"

enum { READY, GO };

static pthread_t without;
static volatile int segvs;

/* Over the two bytes of the instruction. */
static void on_segv(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	segvs++;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
}

static bool may_read_tsc(void)
{
	segvs = 0;
	asm volatile("rdtsc" : : : "rax", "rdx", "memory");
	return segvs == 0;
}

static int tsc(void)
{
	int now = -1;

	SYS(prctl(PR_GET_TSC, &now));
	return now;
}

static void thread(long unused)
{
	SYS(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(tsc(), PR_TSC_SIGSEGV);
	EXPECT(!may_read_tsc());
	SYS(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	EXPECT(may_read_tsc());
}

static void setup(void)
{
	const struct sigaction act = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };

	SYS(sigaction(SIGSEGV, &act, NULL));
	without = t_thread(thread, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(tsc(), PR_TSC_ENABLE);
	EXPECT(may_read_tsc());
	t_wake(GO);
	t_thread_join(without);
}

ZDTM_TEST = {
	.doc = "a thread that may not read the time stamp counter still may not",
	.object = "task",
	.setup = setup,
	.check = check,
};
