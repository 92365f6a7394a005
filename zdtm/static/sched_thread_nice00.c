// SPDX-License-Identifier: GPL-2.0-only
/* Nice value and policy are each thread's own: five threads, no two alike. */
#include <sched.h>
#include <sys/resource.h>

#include "zdtm.h"

/* How much nicer than the leader, which need not be allowed to be less nice than it is. */
static const struct kind {
	int nicer, policy;
} kinds[] = { { 1, SCHED_OTHER }, { 2, SCHED_OTHER }, { 4, SCHED_BATCH }, { 0, SCHED_IDLE } };

#define THREADS 4

enum { READY, GO };

static struct {
	pthread_t thread[THREADS];
	pid_t tid[THREADS];
	int nice;
} was;

static int nice_of(long i)
{
	int nice = was.nice + kinds[i].nicer;

	return nice < 19 ? nice : 19;
}

static void thread(long i)
{
	const struct sched_param none = {};

	was.tid[i] = gettid();
	SYS(sched_setscheduler(0, kinds[i].policy, &none));
	SYS(setpriority(PRIO_PROCESS, 0, nice_of(i)));
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	was.nice = getpriority(PRIO_PROCESS, 0);
	for (int i = 0; i < THREADS; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(READY);
	}
}

static void check(void)
{
	EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
	EXPECT_EQ(getpriority(PRIO_PROCESS, 0), was.nice);
	for (int i = 0; i < THREADS; i++) {
		EXPECT_EQ(sched_getscheduler(was.tid[i]), kinds[i].policy);
		EXPECT_EQ(getpriority(PRIO_PROCESS, was.tid[i]), nice_of(i));
	}
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(was.thread[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its own nice value and scheduling policy",
	.object = "sched",
	.setup = setup,
	.check = check,
};
