// SPDX-License-Identifier: GPL-2.0-only
/* Work that falls into independent pieces, spread over the CPUs this process may use. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <pthread.h>
#include <stddef.h>

/* CPUs in this process's affinity mask. */
unsigned int parallel_cpus(void);

/*
 * Makes a thread that blocks all signals: they are for those who expect them. A handler that jumps
 * must not run on another's stack. 0 or -errno.
 */
int parallel_thread(pthread_t *id, void *(*fn)(void *arg), void *arg);

/*
 * Makes some threads that wait for pieces of what comes: for when there is no time to make any. Never
 * in a process that must have one thread alone.
 */
void parallel_ready(void);

/*
 * For the next few milliseconds those do not sleep when there is nothing to do: to wake a CPU takes
 * longer than most of what it is woken for.
 */
void parallel_awake(void);

/*
 * Calls fn(arg, i) for every i below n, in no order, from the caller and as many threads as there
 * are other CPUs. All calls have ended when it returns. The first error ends the handing out of
 * pieces and is returned; pieces already begun still finish.
 */
int parallel_for(size_t n, int (*fn)(void *arg, size_t i), void *arg);

/*
 * The same in two steps: the others begin, and the caller joins them when it has nothing else to do.
 * NULL when there is no memory.
 */
struct parallel *parallel_begin(size_t n, int (*fn)(void *arg, size_t i), void *arg);
int parallel_end(struct parallel *p);

#endif
