// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seccomp filters belong to threads: three have one each, for a call of their own, one has two, the
 * main thread has none. Which call gives which error tells whose filter is whose.
 */
#include "filter.h"

#define THREADS 4
#define BOTH    3 /* this one has the filters of the first two */

enum { READY, GO };

static const long calls[] = { SYS_getppid, SYS_getpgid, SYS_getpriority };

static pthread_t threads[THREADS];

static bool has_filter(long i, int call)
{
	return i == BOTH ? call < 2 : i == call;
}

static void expect_filters(long i)
{
	for (int k = 0; k < 3; k++)
		if (has_filter(i, k))
			EXPECT_ERRNO(syscall(calls[k], 0, 0), 1000 + k);
		else
			SYS(syscall(calls[k], 0, 0));
}

static void thread(long i)
{
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	for (int k = 0; k < 3; k++)
		if (has_filter(i, k))
			SYS(filter_errno(calls[k], 1000 + k, 0));
	t_wake(READY);
	t_wait(GO);
	expect_filters(i);
	EXPECT_EQ(t_field_num("/proc/thread-self/status", "Seccomp", 10), SECCOMP_MODE_FILTER);
}

static void setup(void)
{
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
}

static void check(void)
{
	expect_filters(-1);
	EXPECT_EQ(t_field_num("/proc/thread-self/status", "Seccomp", 10), 0);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its own seccomp filters",
	.object = "seccomp",
	.setup = setup,
	.check = check,
};
