// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads, threads they have made, and children they have forked: each finds its own thread-local
 * data, stack and id, its creator waits for it, and a new thread begins as ever.
 */
#include "zdtm.h"

#define THREADS 3

enum { READY, GO };

static __thread long own[1000] = { 4711 };

static void look_after(long nr)
{
	volatile long on_stack = nr;
	pthread_t self = pthread_self();
	pid_t tid = gettid();

	EXPECT_EQ(own[0], 4711);
	for (int i = 0; i < 1000; i++)
		own[i] = nr * 10000 + i;
	t_wake(READY);
	t_wait(GO);
	for (int i = 0; i < 1000; i++)
		if (!EXPECT_EQ(own[i], nr * 10000 + i))
			break;
	EXPECT_EQ(on_stack, nr);
	EXPECT_EQ(pthread_self(), self);
	EXPECT_EQ(gettid(), tid);
}

static void child(long nr)
{
	/* A copy of its creator's, and its only thread. */
	own[0] = 4711;
	look_after(nr);
}

static void thread(long nr)
{
	pthread_t sub = t_thread(look_after, nr * 10 + 1);
	pid_t pid = t_fork(child, nr * 10 + 2);

	look_after(nr * 10);
	t_thread_join(sub);
	t_join(pid);
}

static pthread_t threads[THREADS];

static void setup(void)
{
	for (int i = 0; i < THREADS; i++)
		threads[i] = t_thread(thread, i + 1);
	for (int i = 0; i < 3 * THREADS; i++)
		t_wait(READY);
	own[1] = 1;
}

static void check(void)
{
	EXPECT_EQ(own[0], 4711);
	EXPECT_EQ(own[1], 1);
	for (int i = 0; i < 3 * THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
	t_wake(GO);
	t_thread_join(t_thread(look_after, 99));
}

ZDTM_TEST = {
	.doc = "threads, their threads and their children keep thread-local data, stack and id",
	.object = "task",
	.setup = setup,
	.check = check,
};
