// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads with the same seccomp filters, not just equal ones: only then can one of them give a new
 * filter to all. A thread with a filter more than the others forbids that. criu 4.2 makes another
 * one of it.
 */
#include "filter.h"

#define THREADS 3

enum { SAME, DIVERGED }; /* variant->arg */
enum { READY, GO };

static struct {
	pthread_t thread[THREADS];
	pid_t tid[THREADS];
} was;

static void thread(long i)
{
	was.tid[i] = gettid();
	if (variant->arg == DIVERGED && i == 1)
		SYS(filter_errno(SYS_getpgid, 1001, 0));
	t_wake(READY);
	t_wait(GO);
	EXPECT_ERRNO(syscall(SYS_getppid), 1000);
	if (variant->arg == DIVERGED)
		SYS(syscall(SYS_getpriority, 0, 0));
	else
		EXPECT_ERRNO(syscall(SYS_getpriority, 0, 0), 1002);
}

static void setup(void)
{
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SYS(filter_errno(SYS_getppid, 1000, 0));
	for (int i = 0; i < THREADS; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(READY);
	}
}

static void check(void)
{
	/* It gives the thread that cannot follow. */
	EXPECT_EQ(filter_errno(SYS_getpriority, 1002, SECCOMP_FILTER_FLAG_TSYNC),
		  variant->arg == DIVERGED ? was.tid[1] : 0);
	EXPECT_ERRNO(syscall(SYS_getppid), 1000);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(was.thread[i]);
}

ZDTM_TEST = {
	.doc = "threads that shared their seccomp filters still do",
	.object = "seccomp",
	.variants = VARIANTS({ "same", SAME }, { "diverged", DIVERGED }),
	.setup = setup,
	.check = check,
};
