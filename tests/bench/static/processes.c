// SPDX-License-Identifier: GPL-2.0-only
/* Children that sleep, all of one parent. */
#include "zdtm.h"

#define GO 0

static pid_t pids[1000];

static void child(long i)
{
	t_wait(GO);
}

static void setup(void)
{
	for (long i = 0; i < variant->arg; i++)
		pids[i] = t_fork(child, i);
	for (long i = 0; i < variant->arg; i++)
		t_wait_syscall(pids[i], SYS_futex);
}

static void check(void)
{
	for (long i = 0; i < variant->arg; i++)
		t_wake(GO);
	for (long i = 0; i < variant->arg; i++)
		t_join(pids[i]);
}

ZDTM_TEST = {
	.doc = "processes",
	.object = "task",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "100", 100 }, { "1000", 1000 }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
