// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of several threads that end in any way there is: one thread ends them all, whichever it
 * is, or they are killed, or the main thread goes first. A dump comes upon them half dead.
 */
#include "zdtm.h"

#define THREADS 3

enum { TURNING };
enum { BY_MAIN, BY_THREAD, KILLED, WAYS, ONE_BY_ONE = WAYS };

static pid_t parent;

static void thread(long how)
{
	if (how == BY_THREAD)
		_exit(40 + how);
	if (how != ONE_BY_ONE)
		for (;;)
			pause();
}

static void lives(long how)
{
	for (int i = 0; i < THREADS; i++)
		t_thread(thread, how);
	switch (how) {
	case BY_MAIN:
		_exit(40 + how);
	case ONE_BY_ONE:
		pthread_exit(NULL);
	default:
		for (;;)
			pause();
	}
}

static void one_round(long nr)
{
	int how = variant->arg ? variant->arg : nr % WAYS, status;
	pid_t pid = t_fork(lives, how);

	if (how == KILLED)
		SYS(kill(pid, SIGKILL));
	status = t_reap(pid);
	if (how == KILLED)
		EXPECT_EQ(WTERMSIG(status), SIGKILL);
	else
		EXPECT_EQ(status, (how == ONE_BY_ONE ? 0 : 40 + how) << 8);
}

static void rounds(long unused)
{
	for (long nr = 0; !t_over(); nr++) {
		one_round(nr);
		if (nr == 2 * WAYS)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	parent = t_fork(rounds, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(parent);
}

ZDTM_TEST = {
	.doc = "processes of several threads end, and are waited for with what they ended by",
	.object = "task",
	.variants =
		VARIANTS({ "at_once", 0 }, { "one_by_one", ONE_BY_ONE, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
