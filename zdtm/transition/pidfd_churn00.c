// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children are born and end all the time, each known to its parent by a pidfd in an epoll only:
 * the end of each is told, and waited for by that. A descriptor of the one before is kept, of a
 * process that is gone.
 */
#include <sys/epoll.h>
#include <sys/pidfd.h>

#include "zdtm.h"

#define AT_ONCE 4

enum { GOING };

static pid_t parent;

static void child(long code)
{
	_exit(code);
}

static void breed(int ep, int fd[AT_ONCE], int i, int code)
{
	pid_t pid = t_fork(child, code);

	fd[i] = SYS(pidfd_open(pid, 0));
	t_watch(ep, fd[i], EPOLLIN, (uint64_t)code << 32 | i);
}

static void churn(long unused)
{
	int ep = SYS(epoll_create1(0)), fd[AT_ONCE], gone = -1, left = AT_ONCE;

	for (int i = 0; i < AT_ONCE; i++)
		breed(ep, fd, i, i);
	for (int n = 0; left > 0; n++) {
		struct epoll_event e;
		siginfo_t info = {};
		int i;

		if (epoll_wait(ep, &e, 1, -1) < 0) {
			if (errno != EINTR)
				t_die("epoll_wait: %s", strerror(errno));
			continue;
		}
		i = (uint32_t)e.data.u64;
		SYS(waitid((idtype_t)P_PIDFD, fd[i], &info, WEXITED));
		EXPECT_EQ(info.si_code, CLD_EXITED);
		EXPECT_EQ(info.si_status, e.data.u64 >> 32);
		SYS(epoll_ctl(ep, EPOLL_CTL_DEL, fd[i], NULL));
		if (gone >= 0) {
			EXPECT_ERRNO(pidfd_send_signal(gone, 0, NULL, 0), ESRCH);
			SYS(close(gone));
		}
		gone = fd[i];
		if (t_over())
			left--;
		else
			breed(ep, fd, i, n % 100);
		if (n == 2 * AT_ONCE)
			t_wake(GOING);
	}
}

static void setup(void)
{
	t_share();
	parent = t_fork(churn, 0);
	t_wait(GOING);
}

static void check(void)
{
	t_join(parent);
}

ZDTM_TEST = {
	.doc = "processes that come and go are told of by their pidfds",
	.object = "pidfd",
	.setup = setup,
	.check = check,
};
