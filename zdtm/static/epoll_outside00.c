// SPDX-License-Identifier: GPL-2.0-only
/*
 * An epoll watches a pipe that only a process outside the tree still has open: one whose parent
 * ended, so that it is init's now. Where there are many other targets, each has the number that
 * another was added under: whoever looks for them goes wrong a hundred times, and must not be
 * seen.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

#define MANY  100
#define FIRST 300

enum { READY, GO };

static int ep;

static void outside(long unused)
{
	SYS(setsid());
	t_wake(READY);
	t_wait(GO);
}

static void leave_it(long unused)
{
	t_fork(outside, 0);
	t_wait(READY);
}

static void watch_many(void)
{
	struct epoll_event got[MANY];
	int fd[MANY];

	for (int i = 0; i < MANY; i++) {
		fd[i] = SYS(eventfd(1, 0));
		SYS(dup2(fd[i], FIRST + i));
		t_watch(ep, FIRST + i, EPOLLIN | EPOLLET, i);
	}
	EXPECT_EQ(SYS(epoll_wait(ep, got, MANY, 0)), MANY);
	for (int i = 0; i < MANY; i++)
		SYS(dup2(fd[i], FIRST + (i + 1) % MANY));
}

static void setup(void)
{
	int ends[2];

	ep = SYS(epoll_create1(0));
	if (variant->arg)
		watch_many();
	SYS(pipe(ends));
	t_watch(ep, ends[0], EPOLLIN, 1);
	t_join(t_fork(leave_it, 0));
	SYS(close(ends[0]));
	SYS(close(ends[1]));
}

static void check(void)
{
	EXPECT_EQ(t_watches(ep, NULL, 0), variant->arg + 1);
	EXPECT_NO_EVENT(ep);
	t_wake(GO);
}

ZDTM_TEST = {
	.doc = "an epoll that watches what nobody in the tree has open is refused",
	.object = "eventpoll",
	.demand = MUST_REFUSE,
	.variants = VARIANTS({ "one", 0 }, { "one_of_many", MANY }),
	.setup = setup,
	.check = check,
};
