// SPDX-License-Identifier: GPL-2.0-only
/* Threads that sleep. */
#include "zdtm.h"

enum { READY, GO };

static pthread_t threads[1000];

static void thread(long i)
{
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	for (long i = 0; i < variant->arg; i++)
		threads[i] = t_thread(thread, i);
	for (long i = 0; i < variant->arg; i++)
		t_wait(READY);
}

static void check(void)
{
	for (long i = 0; i < variant->arg; i++)
		t_wake(GO);
	for (long i = 0; i < variant->arg; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "threads of one process",
	.object = "task",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "1000", 1000 }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
