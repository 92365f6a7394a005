// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "cleanup.h"
#include "parallel.h"

#define MAX_THREADS 64

struct job {
	int (*fn)(void *arg, size_t i);
	void *arg;
	size_t n, next;
	int err;
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
	struct job *job = arg;

	for (;;) {
		size_t i = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
		int r, none = 0;

		if (i >= job->n || __atomic_load_n(&job->err, __ATOMIC_RELAXED))
			return NULL;
		r = job->fn(job->arg, i);
		if (r < 0)
			__atomic_compare_exchange_n(&job->err, &none, r, false, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED);
	}
}

int parallel_for(size_t n, int (*fn)(void *arg, size_t i), void *arg)
{
	struct job job = { .fn = fn, .arg = arg, .n = n };
	unsigned int threads = MIN(parallel_cpus(), (unsigned int)MAX_THREADS), made = 0;
	pthread_t id[MAX_THREADS];

	/* Fewer threads than hoped for only makes it slower. */
	while (made + 1 < threads && made + 1 < n)
		if (pthread_create(&id[made++], NULL, work, &job) != 0) {
			made--;
			break;
		}
	work(&job);
	while (made > 0)
		pthread_join(id[--made], NULL);
	return job.err;
}
