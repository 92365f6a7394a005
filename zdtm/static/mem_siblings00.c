// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several tasks with some megabytes each, which an engine may prepare for with threads of its own: not
 * everything that tells two tasks apart does so from a process that has had threads.
 */
#include "zdtm.h"

#define N    3
#define SIZE (6UL << 20)

enum { SEEN };

static struct {
	void *memory;
	struct blob data;
	pid_t child[N];
} was;

static void have_memory(long number)
{
	void *own = t_map(SIZE, MAP_PRIVATE);
	struct blob data = t_fill_mem(own, SIZE);

	t_wait(SEEN);
	EXPECT_MEM_IS(own, &data);
	EXPECT_MEM_IS(was.memory, &was.data);
}

static void setup(void)
{
	was.memory = t_map(SIZE, MAP_PRIVATE);
	was.data = t_fill_mem(was.memory, SIZE);
	for (int i = 0; i < N; i++)
		was.child[i] = t_fork(have_memory, i);
	for (int i = 0; i < N; i++)
		t_wait_syscall(was.child[i], SYS_futex);
}

static void check(void)
{
	EXPECT_MEM_IS(was.memory, &was.data);
	for (int i = 0; i < N; i++)
		t_wake(SEEN);
	for (int i = 0; i < N; i++)
		t_join(was.child[i]);
}

ZDTM_TEST = {
	.doc = "several tasks with some megabytes each",
	.object = "mm",
	.setup = setup,
	.check = check,
};
