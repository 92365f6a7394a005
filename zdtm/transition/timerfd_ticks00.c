// SPDX-License-Identifier: GPL-2.0-only
/*
 * A periodic timer is read without end, by one task through an epoll and by another that sleeps in
 * read(): it never stops, and never ticks more often than the clock has let it.
 */
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

#define PERIOD_NS (1000 * 1000)

enum { BY_EPOLL, BY_READ, TASKS };

static struct {
	pid_t task[TASKS];
} was;

static int64_t now_ns(void)
{
	struct timespec t;

	SYS(clock_gettime(CLOCK_MONOTONIC, &t));
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void read_on(long how)
{
	struct itimerspec set = { { 0, PERIOD_NS }, { 0, PERIOD_NS } };
	int fd = SYS(timerfd_create(CLOCK_MONOTONIC, how == BY_EPOLL ? TFD_NONBLOCK : 0));
	int ep = SYS(epoll_create1(0));
	int64_t begun = now_ns();
	uint64_t ticks, all = 0;

	t_watch(ep, fd, EPOLLIN | EPOLLET, 0);
	SYS(timerfd_settime(fd, 0, &set, NULL));
	for (int rounds = 0; rounds < 20 || !t_over(); rounds++) {
		struct epoll_event e;

		if (how == BY_EPOLL && epoll_wait(ep, &e, 1, -1) < 0 && errno != EINTR)
			t_die("epoll_wait: %s", strerror(errno));
		if (read(fd, &ticks, sizeof(ticks)) < 0) {
			if (errno != EINTR && errno != EAGAIN)
				t_die("read: %s", strerror(errno));
			continue;
		}
		EXPECT_GT(ticks, 0);
		all += ticks;
		if (all > (uint64_t)((now_ns() - begun) / PERIOD_NS))
			t_die("%ju ticks of %d ns in %jd ns", (uintmax_t)all, PERIOD_NS,
			      (intmax_t)(now_ns() - begun));
		if (rounds == 5)
			t_wake(how);
	}
}

static void setup(void)
{
	t_share();
	for (int how = 0; how < TASKS; how++)
		was.task[how] = t_fork(read_on, how);
	for (int how = 0; how < TASKS; how++)
		t_wait(how);
}

static void check(void)
{
	for (int how = 0; how < TASKS; how++)
		t_join(was.task[how]);
}

ZDTM_TEST = {
	.doc = "timers that are read all the time go on, no faster than the clock",
	.object = "timerfd",
	.setup = setup,
	.check = check,
};
