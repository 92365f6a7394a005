// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "cleanup.h"
#include "clock.h"
#include "parallel.h"

#define MAX_THREADS 64
#define MAX_READY   4
#define AWAKE_NS    (5 * 1000 * 1000L)
#define PUT_OFF_NS  (1000 * 1000L)
#define SOON_NS     (200 * 1000L) /* who asks for the CPU again and again gets it less */

struct parallel {
	int (*fn)(void *arg, size_t i);
	void *arg;
	size_t n, next;
	int err;
	unsigned int made, lent;
	pthread_t id[MAX_THREADS];
};

/* Threads that wait for work, and the one job that is offered to them. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t offered, returned;
	struct parallel *job;
	unsigned int idle, wanted; /* of the idle ones, not asked for yet; still asked for */
	int64_t awake_until;
} ready = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.offered = PTHREAD_COND_INITIALIZER,
	.returned = PTHREAD_COND_INITIALIZER,
};

unsigned int parallel_cpus(void)
{
	cpu_set_t set;

	/* More CPUs than the set holds is no reason to fail. */
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set);
}

static void *work(void *arg)
{
	struct parallel *p = arg;

	for (;;) {
		size_t i = __atomic_fetch_add(&p->next, 1, __ATOMIC_RELAXED);
		int r, none = 0;

		if (i >= p->n || __atomic_load_n(&p->err, __ATOMIC_RELAXED))
			return NULL;
		r = p->fn(p->arg, i);
		if (r < 0)
			__atomic_compare_exchange_n(&p->err, &none, r, false, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED);
	}
}

static bool awake(void)
{
	return now_ns() < __atomic_load_n(&ready.awake_until, __ATOMIC_RELAXED);
}

/*
 * In the way of nobody: whoever wakes up on this CPU has it at once, and sooner than from a CPU that
 * sleeps. But where somebody has so much to do that we are put off for long, no CPU would sleep.
 */
static void look_out(void)
{
	int64_t now = now_ns(), before;

	pthread_mutex_unlock(&ready.lock);
	do {
		before = now;
		sched_yield();
		now = now_ns();
	} while (!__atomic_load_n(&ready.wanted, __ATOMIC_RELAXED) && now - before < PUT_OFF_NS &&
		 awake());
	if (now - before >= PUT_OFF_NS)
		__atomic_store_n(&ready.awake_until, 0, __ATOMIC_RELAXED);
	pthread_mutex_lock(&ready.lock);
}

/* With the lock held; read without it as well. */
static void want(unsigned int n)
{
	__atomic_store_n(&ready.wanted, n, __ATOMIC_RELAXED);
}

static void *wait_for_work(void *arg)
{
	/* A realtime one would be in everybody's way. */
	bool polite = sched_getscheduler(0) == SCHED_OTHER;

	pthread_mutex_lock(&ready.lock);
	for (;;) {
		struct parallel *p;

		while (!ready.wanted)
			if (polite && awake())
				look_out();
			else
				pthread_cond_wait(&ready.offered, &ready.lock);
		want(ready.wanted - 1);
		p = ready.job;
		pthread_mutex_unlock(&ready.lock);
		work(p);
		pthread_mutex_lock(&ready.lock);
		ready.idle++;
		p->lent--;
		pthread_cond_broadcast(&ready.returned);
	}
	return NULL;
}

static void before_fork(void)
{
	pthread_mutex_lock(&ready.lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&ready.lock);
}

/* Of the threads a child has the one that forked it. */
static void in_child(void)
{
	ready.idle = 0;
	want(0);
	pthread_mutex_unlock(&ready.lock);
}

int parallel_thread(pthread_t *id, void *(*fn)(void *arg), void *arg)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(id, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

void parallel_ready(void)
{
	unsigned int most = MIN(parallel_cpus() - 1, (unsigned int)MAX_READY);
	pthread_t id;

	(void)pthread_atfork(before_fork, after_fork, in_child);
	while (ready.idle < most && parallel_thread(&id, wait_for_work, NULL) == 0) {
		pthread_detach(id);
		ready.idle++;
	}
}

void parallel_awake(void)
{
	__atomic_store_n(&ready.awake_until, now_ns() + AWAKE_NS, __ATOMIC_RELAXED);
	pthread_mutex_lock(&ready.lock);
	pthread_cond_broadcast(&ready.offered);
	pthread_mutex_unlock(&ready.lock);
}

/* One job at a time: another has what threads it makes. */
static size_t lend(struct parallel *p, size_t most)
{
	size_t n = 0;

	pthread_mutex_lock(&ready.lock);
	if (!ready.wanted) {
		n = MIN((size_t)ready.idle, most);
		ready.idle -= n;
		p->lent = n;
		ready.job = p;
		want(n);
		if (n)
			pthread_cond_broadcast(&ready.offered);
	}
	pthread_mutex_unlock(&ready.lock);
	return n;
}

/* Who has not come yet need not come. */
static void take_back(struct parallel *p)
{
	int64_t soon = now_ns() + SOON_NS;

	pthread_mutex_lock(&ready.lock);
	if (ready.job == p) {
		p->lent -= ready.wanted;
		ready.idle += ready.wanted;
		want(0);
		ready.job = NULL;
	}
	while (p->lent) {
		if (!awake() || now_ns() > soon) {
			pthread_cond_wait(&ready.returned, &ready.lock);
			continue;
		}
		pthread_mutex_unlock(&ready.lock);
		sched_yield();
		pthread_mutex_lock(&ready.lock);
	}
	pthread_mutex_unlock(&ready.lock);
}

/* Fewer threads than hoped for only makes it slower. */
static void start(struct parallel *p, size_t most)
{
	unsigned int threads = MIN(parallel_cpus(), (unsigned int)MAX_THREADS);

	most = MIN(most, (size_t)threads - 1);
	most -= lend(p, most);
	while (p->made < most && parallel_thread(&p->id[p->made], work, p) == 0)
		p->made++;
}

static int finish(struct parallel *p)
{
	work(p);
	take_back(p);
	while (p->made > 0)
		pthread_join(p->id[--p->made], NULL);
	return p->err;
}

int parallel_for(size_t n, int (*fn)(void *arg, size_t i), void *arg)
{
	struct parallel p = { .fn = fn, .arg = arg, .n = n };

	if (n > 1)
		start(&p, n - 1);
	return finish(&p);
}

struct parallel *parallel_begin(size_t n, int (*fn)(void *arg, size_t i), void *arg)
{
	struct parallel *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->fn = fn;
	p->arg = arg;
	p->n = n;
	start(p, n);
	return p;
}

int parallel_end(struct parallel *p)
{
	int r = finish(p);

	free(p);
	return r;
}
