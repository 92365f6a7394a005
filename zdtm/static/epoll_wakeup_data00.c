// SPDX-License-Identifier: GPL-2.0-only
/* Events and data of every kind: bits nobody asks for often, data of ones or noughts only. */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

static const uint32_t events[] = {
	0,
	EPOLLIN,
	EPOLLPRI,
	EPOLLOUT,
	EPOLLRDNORM | EPOLLWRNORM,
	EPOLLRDBAND | EPOLLWRBAND,
	EPOLLMSG,
	EPOLLRDHUP,
	EPOLLIN | EPOLLET,
	EPOLLOUT | EPOLLONESHOT,
	EPOLLIN | EPOLLONESHOT | EPOLLET,
	EPOLLIN | EPOLLEXCLUSIVE,
	EPOLLIN | EPOLLOUT | EPOLLEXCLUSIVE | EPOLLET,
	/* Only for tasks that may keep the machine from suspend, and only on machines that can. */
	EPOLLIN | EPOLLWAKEUP,
	EPOLLIN | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET,
};
#define N (sizeof(events) / sizeof(events[0]))

static struct {
	int ep, fd[N];
	struct t_watch watch[N];
} was;

static void setup(void)
{
	was.ep = SYS(epoll_create1(EPOLL_CLOEXEC));
	for (unsigned int i = 0; i < N; i++) {
		was.fd[i] = SYS(eventfd(0, 0));
		t_watch(was.ep, was.fd[i], events[i], i % 3 == 0 ? UINT64_MAX : i % 3 == 1 ? 0 : i);
	}
	EXPECT_EQ(t_watches(was.ep, was.watch, N), N);
}

static void check(void)
{
	struct t_watch now[N];

	EXPECT_EQ(SYS(fcntl(was.ep, F_GETFD)), FD_CLOEXEC);
	EXPECT_EQ(t_watches(was.ep, now, N), N);
	for (unsigned int i = 0; i < N; i++) {
		EXPECT_EQ(now[i].fd, was.watch[i].fd);
		EXPECT_EQ(now[i].events, was.watch[i].events);
		EXPECT_EQ(now[i].data, was.watch[i].data);
	}
}

ZDTM_TEST = {
	.doc = "an epoll keeps events and data to the bit",
	.object = "eventpoll",
	.needs = LIST("eventfd.semaphore_flag", "eventpoll.fdinfo"),
	.caps = CAP_BIT(CAP_BLOCK_SUSPEND), /* EPOLLWAKEUP */
	.setup = setup,
	.check = check,
};
