// SPDX-License-Identifier: GPL-2.0-only
/*
 * A one-shot entry that has reported, of a file that is quiet and cannot be roused by whoever
 * restores it: an inotify whose events were read. Refcr refuses, criu 4.2 adds an entry that
 * reports errors and hang-ups.
 */
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "zdtm.h"

static struct {
	int ep, fd;
} was;

static void rouse(void)
{
	SYS(close(SYS(open("file", O_CREAT | O_WRONLY, 0600))));
	SYS(unlink("file"));
}

static void setup(void)
{
	char got[4096];

	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	SYS(inotify_add_watch(was.fd, ".", IN_CREATE));
	was.ep = SYS(epoll_create1(0));
	t_watch(was.ep, was.fd, EPOLLIN | EPOLLONESHOT, 1);
	rouse();
	EXPECT_EVENT(was.ep, EPOLLIN, 1);
	SYS(read(was.fd, got, sizeof(got)));
}

static void check(void)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 2 };
	struct t_watch now;

	EXPECT_EQ(t_watches(was.ep, &now, 1), 1);
	EXPECT_EQ(now.events, EPOLLONESHOT);
	rouse();
	EXPECT_NO_EVENT(was.ep);
	SYS(epoll_ctl(was.ep, EPOLL_CTL_MOD, was.fd, &e));
	EXPECT_EVENT(was.ep, EPOLLIN, 2);
}

ZDTM_TEST = {
	.doc = "a one-shot entry of an epoll, for what cannot be made to report again",
	.object = "eventpoll",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("eventpoll.oneshot"),
	.setup = setup,
	.check = check,
};
