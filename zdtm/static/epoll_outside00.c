// SPDX-License-Identifier: GPL-2.0-only
/*
 * An epoll watches a pipe that only a process outside the tree still has open: one whose parent
 * ended, so that it is init's now.
 */
#include <sys/epoll.h>

#include "zdtm.h"

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

static void setup(void)
{
	int ends[2];

	ep = SYS(epoll_create1(0));
	SYS(pipe(ends));
	t_watch(ep, ends[0], EPOLLIN, 1);
	t_join(t_fork(leave_it, 0));
	SYS(close(ends[0]));
	SYS(close(ends[1]));
}

static void check(void)
{
	EXPECT_EQ(t_watches(ep, NULL, 0), 1);
	t_wake(GO);
}

ZDTM_TEST = {
	.doc = "an epoll that watches what nobody in the tree has open is refused",
	.object = "eventpoll",
	.demand = MUST_REFUSE,
	.setup = setup,
	.check = check,
};
