// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cleanup.h"
#include "parallel.h"

#define MAX_THREADS 64

struct parallel {
	int (*fn)(void *arg, size_t i);
	void *arg;
	size_t n, next;
	int err;
	unsigned int made;
	pthread_t id[MAX_THREADS];
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

/* Fewer threads than hoped for only makes it slower. */
static void start(struct parallel *p, size_t most)
{
	unsigned int threads = MIN(parallel_cpus(), (unsigned int)MAX_THREADS);

	while (p->made + 1 < threads && p->made < most &&
	       pthread_create(&p->id[p->made], NULL, work, p) == 0)
		p->made++;
}

static int finish(struct parallel *p)
{
	work(p);
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
