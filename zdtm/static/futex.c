// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mutex somebody holds, with threads waiting for it; a condition variable with waiters, some with
 * a time limit; a barrier that lacks one. Nobody gets through before, and everybody afterwards.
 */
#include <time.h>

#include "zdtm.h"

#define THREADS 10

enum { MUTEX, CONDITION, BARRIER }; /* variant->arg */

static struct {
	pthread_t thread[THREADS];
	pid_t tid[THREADS];
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	pthread_barrier_t barrier;
	int through;
	bool open;
} was = { .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

static void wait_for_condition(long i)
{
	struct timespec t;

	SYS(clock_gettime(CLOCK_REALTIME, &t));
	t.tv_sec += 1000;
	SYS_RC(pthread_mutex_lock(&was.mutex));
	while (!was.open)
		if (i % 2)
			SYS_RC(pthread_cond_wait(&was.cond, &was.mutex));
		else
			SYS_RC(pthread_cond_timedwait(&was.cond, &was.mutex, &t));
	was.through++;
	SYS_RC(pthread_mutex_unlock(&was.mutex));
}

static void thread(long i)
{
	was.tid[i] = gettid();
	t_wake(0);
	switch (variant->arg) {
	case MUTEX:
		SYS_RC(pthread_mutex_lock(&was.mutex));
		was.through++;
		SYS_RC(pthread_mutex_unlock(&was.mutex));
		break;
	case CONDITION:
		wait_for_condition(i);
		break;
	default:
		pthread_barrier_wait(&was.barrier);
		__atomic_add_fetch(&was.through, 1, __ATOMIC_ACQ_REL);
	}
}

static void setup(void)
{
	SYS_RC(pthread_barrier_init(&was.barrier, NULL, THREADS + 1));
	if (variant->arg == MUTEX)
		SYS_RC(pthread_mutex_lock(&was.mutex));
	for (int i = 0; i < THREADS; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(0);
		t_wait_syscall(was.tid[i], SYS_futex);
	}
}

static void check(void)
{
	/* Whoever is let go too early gets there before it sleeps again. */
	for (int i = 0; i < THREADS; i++)
		t_wait_syscall(was.tid[i], SYS_futex);
	EXPECT_EQ(was.through, 0);
	switch (variant->arg) {
	case MUTEX:
		EXPECT_EQ(pthread_mutex_trylock(&was.mutex), EBUSY);
		SYS_RC(pthread_mutex_unlock(&was.mutex));
		break;
	case CONDITION:
		SYS_RC(pthread_mutex_lock(&was.mutex));
		was.open = true;
		SYS_RC(pthread_cond_broadcast(&was.cond));
		SYS_RC(pthread_mutex_unlock(&was.mutex));
		break;
	default:
		pthread_barrier_wait(&was.barrier);
	}
	for (int i = 0; i < THREADS; i++)
		t_thread_join(was.thread[i]);
	EXPECT_EQ(was.through, THREADS);
	EXPECT_EQ(pthread_mutex_trylock(&was.mutex), 0);
}

ZDTM_TEST = {
	.doc = "threads wait for a mutex, a condition or each other, and no longer than that",
	.object = "task",
	.variants =
		VARIANTS({ "mutex", MUTEX }, { "condition", CONDITION }, { "barrier", BARRIER }),
	.setup = setup,
	.check = check,
};
