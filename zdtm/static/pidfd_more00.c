// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child that has ended and waits to be reaped, and one that lives: through their descriptors,
 * each non-blocking and in an epoll, they are told apart, and waited for.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>

#include "zdtm.h"

enum { GO };

static struct {
	int zombie, alive, ep;
} was;

static void die(long unused)
{
	_exit(3);
}

static void live(long unused)
{
	t_wait(GO);
}

static void wait_by(int fd, int code, int status)
{
	siginfo_t info = {};

	SYS(waitid((idtype_t)P_PIDFD, fd, &info, WEXITED));
	EXPECT_EQ(info.si_code, code);
	EXPECT_EQ(info.si_status, status);
}

static void setup(void)
{
	pid_t dead;

	t_share();
	dead = t_fork(die, 0);
	was.zombie = SYS(pidfd_open(dead, O_NONBLOCK));
	t_wait_state(dead, 'Z');
	was.alive = SYS(pidfd_open(t_fork(live, 0), O_NONBLOCK));
	was.ep = SYS(epoll_create1(0));
	t_watch(was.ep, was.zombie, EPOLLIN, 1);
	t_watch(was.ep, was.alive, EPOLLIN, 2);
}

static void check(void)
{
	siginfo_t info;

	EXPECT_EVENT(was.ep, EPOLLIN, 1);
	EXPECT_ERRNO(waitid((idtype_t)P_PIDFD, was.alive, &info, WEXITED), EAGAIN);
	wait_by(was.zombie, CLD_EXITED, 3);
	SYS(epoll_ctl(was.ep, EPOLL_CTL_DEL, was.zombie, NULL));
	EXPECT_NO_EVENT(was.ep);
	t_wake(GO);
	t_await_ready(was.alive, POLLIN);
	EXPECT_EVENT(was.ep, EPOLLIN, 2);
	wait_by(was.alive, CLD_EXITED, 0);
}

ZDTM_TEST = {
	.doc = "pidfds tell the dead from the living",
	.object = "pidfd",
	.setup = setup,
	.check = check,
};
