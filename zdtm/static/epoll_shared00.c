// SPDX-License-Identifier: GPL-2.0-only
/*
 * One epoll in two tasks, both asleep in it; each has added a pipe that the other does not have.
 * What happens to either wakes one of them, and both see the same entries.
 */
#include <sys/epoll.h>

#include "zdtm.h"

enum { ADDED, GO, WOKEN };

static struct {
	int ep, own[2];
	pid_t child;
	uint64_t *woken; /* data of the last event, shared */
} was;

static void child(long unused)
{
	struct epoll_event e;
	int ends[2], n;
	char byte;

	SYS(close(was.own[0]));
	SYS(close(was.own[1]));
	SYS(pipe(ends));
	/* Lowest numbers first: the parent's pipe had them. */
	EXPECT_EQ(ends[0], was.own[0]);
	t_watch(was.ep, ends[0], EPOLLIN, 2);
	t_wake(ADDED);
	t_wait(GO);
	t_write(ends[1], "", 1);
	do {
		n = epoll_wait(was.ep, &e, 1, -1);
	} while (n < 0 && errno == EINTR);
	*was.woken = e.data.u64;
	t_read(ends[0], &byte, 1);
	t_wake(WOKEN);
	t_wait(GO);
	EXPECT_EQ(epoll_ctl(was.ep, EPOLL_CTL_DEL, ends[0], NULL), 0);
}

static void setup(void)
{
	was.woken = t_map(T_PAGE, MAP_SHARED);
	was.ep = SYS(epoll_create1(0));
	SYS(pipe(was.own));
	was.child = t_fork(child, 0);
	t_watch(was.ep, was.own[0], EPOLLIN, 1);
	t_wait(ADDED);
}

static void check(void)
{
	EXPECT_EQ(t_watches(was.ep, NULL, 0), 2);
	EXPECT_NO_EVENT(was.ep);
	t_wake(GO);
	t_wait(WOKEN);
	EXPECT_EQ(*was.woken, 2);
	EXPECT_NO_EVENT(was.ep);
	t_write(was.own[1], "", 1);
	EXPECT_EVENT(was.ep, EPOLLIN, 1);
	t_wake(GO);
	t_join(was.child);
	EXPECT_EQ(t_watches(was.ep, NULL, 0), 1);
	EXPECT_EQ(epoll_ctl(was.ep, EPOLL_CTL_DEL, was.own[0], NULL), 0);
}

ZDTM_TEST = {
	.doc = "an epoll of two tasks watches files of both",
	.object = "eventpoll",
	.needs = LIST("kcmp.epoll_tfd"),
	.setup = setup,
	.check = check,
};
