// SPDX-License-Identifier: GPL-2.0-only
/*
 * The number a file was added under is half of what an entry is reached by: for files whose
 * number was closed or went to another, and for one that was added twice. criu 4.2 adds them by
 * the numbers they have.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

#define OWN       299 /* of the epoll itself */
#define CLOSED    300
#define SWAPPED_A 301
#define SWAPPED_B 302

static struct {
	int ep, own, closed, a, b;
} was;

static void setup(void)
{
	int fd;

	was.ep = SYS(epoll_create1(0));
	was.own = SYS(eventfd(0, 0));
	SYS(dup2(was.own, OWN));
	t_watch(was.ep, OWN, EPOLLIN, 5);
	fd = SYS(dup2(was.ep, OWN));
	SYS(close(was.ep));
	was.ep = fd;
	was.closed = SYS(eventfd(1, 0));
	SYS(dup2(was.closed, CLOSED));
	t_watch(was.ep, CLOSED, EPOLLIN, 1);
	t_watch(was.ep, was.closed, EPOLLIN, 2);
	SYS(close(CLOSED));
	/* Each at the number that the other was added under. */
	was.a = SYS(eventfd(0, 0));
	was.b = SYS(eventfd(0, 0));
	SYS(dup2(was.a, SWAPPED_A));
	SYS(dup2(was.b, SWAPPED_B));
	t_watch(was.ep, SWAPPED_A, EPOLLIN, 3);
	t_watch(was.ep, SWAPPED_B, EPOLLIN, 4);
	SYS(dup2(was.b, SWAPPED_A));
	SYS(dup2(was.a, SWAPPED_B));
}

static void expect_entry(int fd, int number)
{
	struct epoll_event e = { .events = EPOLLIN };

	SYS(dup2(fd, number));
	EXPECT_ERRNO(epoll_ctl(was.ep, EPOLL_CTL_ADD, number, &e), EEXIST);
	EXPECT_EQ(epoll_ctl(was.ep, EPOLL_CTL_DEL, number, NULL), 0);
}

static void check(void)
{
	static const int numbers[] = { CLOSED, SWAPPED_A, SWAPPED_B };
	struct epoll_event e = { .events = EPOLLIN };
	struct t_watch now[5];
	int ep;

	EXPECT_ERRNO(epoll_ctl(was.ep, EPOLL_CTL_MOD, SWAPPED_A, &e), ENOENT);
	EXPECT_ERRNO(epoll_ctl(was.ep, EPOLL_CTL_MOD, SWAPPED_B, &e), ENOENT);
	EXPECT_EQ(t_watches(was.ep, now, 5), 5);
	EXPECT_EQ(now[0].fd, was.closed);
	EXPECT_EQ(now[1].fd, OWN);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(now[2 + i].fd, numbers[i]);
	expect_entry(was.closed, CLOSED);
	expect_entry(was.closed, was.closed);
	expect_entry(was.a, SWAPPED_A);
	expect_entry(was.b, SWAPPED_B);
	ep = SYS(dup(was.ep));
	SYS(dup2(was.own, OWN));
	EXPECT_EQ(epoll_ctl(ep, EPOLL_CTL_DEL, OWN, NULL), 0);
	EXPECT_EQ(t_watches(ep, now, 5), 0);
}

ZDTM_TEST = {
	.doc = "entries of an epoll keep the numbers they were added under",
	.object = "eventpoll",
	.needs = LIST("eventfd.semaphore_flag", "eventpoll.fdinfo", "kcmp.epoll_tfd"),
	.setup = setup,
	.check = check,
};
