// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edge-triggered entries: an edge that nobody has taken yet must not get lost. One that was taken,
 * while the bytes still wait, may be reported once more: the kernel does not tell, and reports all
 * that is ready when an entry is added.
 */
#include <sys/epoll.h>

#include "zdtm.h"

enum { WAITS, TAKEN };

static struct {
	int ep, in, out;
} was;

static void setup(void)
{
	int ends[2];

	SYS(pipe(ends));
	was.in = ends[0];
	was.out = ends[1];
	was.ep = SYS(epoll_create1(0));
	t_watch(was.ep, was.in, EPOLLIN | EPOLLET, 1);
	t_write(was.out, "", 1);
	if (variant->arg == TAKEN)
		EXPECT_EVENT(was.ep, EPOLLIN, 1);
}

static void check(void)
{
	if (variant->arg == WAITS)
		EXPECT_EVENT(was.ep, EPOLLIN, 1);
	EXPECT_NO_EVENT(was.ep);
	t_write(was.out, "", 1);
	EXPECT_EVENT(was.ep, EPOLLIN, 1);
	EXPECT_NO_EVENT(was.ep);
}

ZDTM_TEST = {
	.doc = "edges that an epoll has to report are reported, and those it has, not again",
	.object = "eventpoll",
	.variants = VARIANTS({ "waits", WAITS }, { "taken", TAKEN, .demand = REPORT }),
	.setup = setup,
	.check = check,
};
