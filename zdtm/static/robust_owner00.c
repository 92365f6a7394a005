// SPDX-License-Identifier: GPL-2.0-only
/*
 * A robust mutex in shared memory whose owner, a child or its second thread, is killed or ends
 * without unlocking it: the kernel goes through the list the thread has registered, and who waits
 * learns of it. Priority inheritance is another path through the kernel.
 */
#include <time.h>

#include "zdtm.h"

enum { BY_MAIN = 0, BY_THREAD = 1, INHERIT = 2 }; /* variant->arg */
enum { READY, GO, THREAD_GO };

#define MUTEXES 3 /* locked in this order, and one that nobody locks */

static struct {
	pthread_mutex_t mutex[MUTEXES + 1];
} * shared;

static pid_t child;

static void locks(long unused)
{
	for (int i = 0; i < MUTEXES; i++)
		SYS_RC(pthread_mutex_lock(&shared->mutex[i]));
	t_wake(READY);
	/* A thread's end is enough; of the main thread it is the process that gets killed. */
	t_wait(THREAD_GO);
}

static void owns(long unused)
{
	if (variant->arg & BY_THREAD)
		t_thread_join(t_thread(locks, 0));
	else
		locks(0);
	t_wait(GO);
}

static void setup(void)
{
	pthread_mutexattr_t attr;

	shared = SYS(mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0));
	SYS_RC(pthread_mutexattr_init(&attr));
	SYS_RC(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED));
	SYS_RC(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST));
	if (variant->arg & INHERIT)
		SYS_RC(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
	for (int i = 0; i <= MUTEXES; i++)
		SYS_RC(pthread_mutex_init(&shared->mutex[i], &attr));
	child = t_fork(owns, 0);
	t_wait(READY);
}

static void check(void)
{
	struct timespec patience;

	for (int i = 0; i < MUTEXES; i++)
		EXPECT_EQ(pthread_mutex_trylock(&shared->mutex[i]), EBUSY);
	EXPECT_EQ(pthread_mutex_trylock(&shared->mutex[MUTEXES]), 0);
	if (variant->arg & BY_THREAD)
		t_wake(THREAD_GO);
	else
		SYS(kill(child, SIGKILL));
	SYS(clock_gettime(CLOCK_REALTIME, &patience));
	patience.tv_sec += 5;
	for (int i = 0; i < MUTEXES; i++) {
		EXPECT_EQ(pthread_mutex_timedlock(&shared->mutex[i], &patience), EOWNERDEAD);
		SYS_RC(pthread_mutex_consistent(&shared->mutex[i]));
		SYS_RC(pthread_mutex_unlock(&shared->mutex[i]));
	}
	if (variant->arg & BY_THREAD) {
		t_wake(GO);
		t_join(child);
	} else {
		EXPECT_EQ(WTERMSIG(t_reap(child)), SIGKILL);
	}
}

ZDTM_TEST = {
	.doc = "who waits for a robust mutex learns that its owner has died",
	.object = "robust_list",
	.variants = VARIANTS({ "process", BY_MAIN }, { "thread", BY_THREAD },
			     { "inherit_process", BY_MAIN | INHERIT },
			     { "inherit_thread", BY_THREAD | INHERIT }),
	.setup = setup,
	.check = check,
};
