// SPDX-License-Identifier: GPL-2.0-only
/*
 * An epoll watches a pipe that its task has closed, or closed and opened another file at the same
 * number: a child still has it. criu 4.2 refuses that.
 */
#include <sys/epoll.h>

#include "zdtm.h"

enum { CLOSED, REPLACED };
enum { GO, WRITTEN, TAKEN };

static struct {
	int ep, number;
	pid_t child;
} was;

static void child(long end)
{
	char byte;

	t_wait(GO);
	t_write(end, "", 1);
	t_wake(WRITTEN);
	t_wait(TAKEN);
	t_read(was.number, &byte, 1);
}

static void setup(void)
{
	int ends[2];

	SYS(pipe(ends));
	was.number = ends[0];
	was.ep = SYS(epoll_create1(0));
	t_watch(was.ep, was.number, EPOLLIN, 5);
	was.child = t_fork(child, ends[1]);
	SYS(close(ends[0]));
	SYS(close(ends[1]));
	if (variant->arg == REPLACED) {
		/* Readable from now on: that must not be told, it is not watched. */
		SYS(pipe(ends));
		EXPECT_EQ(ends[0], was.number);
		t_write(ends[1], "", 1);
	}
}

static void check(void)
{
	EXPECT_NO_EVENT(was.ep);
	t_wake(GO);
	t_wait(WRITTEN);
	EXPECT_EVENT(was.ep, EPOLLIN, 5);
	t_wake(TAKEN);
	t_join(was.child);
	/* With its last descriptor the entry goes, too. */
	EXPECT_EQ(t_watches(was.ep, NULL, 0), 0);
}

ZDTM_TEST = {
	.doc = "an epoll watches a file that only another task has open",
	.object = "eventpoll",
	.needs = LIST("kcmp.epoll_tfd"),
	.variants = VARIANTS({ "closed", CLOSED }, { "replaced", REPLACED }),
	.setup = setup,
	.check = check,
};
