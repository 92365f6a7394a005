// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two tasks sleep in epolls of their own that watch one pipe with EPOLLEXCLUSIVE: what is written
 * wakes at least one of them, the end wakes both.
 */
#include <sys/epoll.h>

#include "zdtm.h"

#define TASKS 2

enum { READY, READ };

static struct {
	int in, out;
	pid_t child[TASKS];
} was;

static void child(long unused)
{
	int ep = SYS(epoll_create1(0));
	struct epoll_event e;
	struct t_watch now;
	char byte;

	SYS(close(was.out));
	t_watch(ep, was.in, EPOLLIN | EPOLLEXCLUSIVE, 1);
	t_wake(READY);
	do {
		int n = epoll_wait(ep, &e, 1, -1);

		if (n < 0 && errno == EINTR)
			e.events = 0;
		else
			SYS(n);
		if (e.events & EPOLLIN && read(was.in, &byte, 1) == 1)
			t_wake(READ);
	} while (!(e.events & EPOLLHUP));
	EXPECT_EQ(t_watches(ep, &now, 1), 1);
	EXPECT_EQ(now.events, EPOLLIN | EPOLLEXCLUSIVE | EPOLLERR | EPOLLHUP);
}

static void setup(void)
{
	int ends[2];

	SYS(pipe2(ends, O_NONBLOCK));
	was.in = ends[0];
	was.out = ends[1];
	for (int i = 0; i < TASKS; i++) {
		was.child[i] = t_fork(child, 0);
		t_wait(READY);
		t_wait_syscall(was.child[i], SYS_epoll_wait);
	}
}

static void check(void)
{
	for (int i = 0; i < 10; i++) {
		t_write(was.out, "", 1);
		t_wait(READ);
	}
	SYS(close(was.out));
	for (int i = 0; i < TASKS; i++)
		t_join(was.child[i]);
}

ZDTM_TEST = {
	.doc = "exclusive waiters of two epolls are woken",
	.object = "eventpoll",
	.setup = setup,
	.check = check,
};
