// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children that live on: one a thread is already waiting for, one that is waited for later, one of
 * a process group. Each ends with its own status, and is waited for once.
 */
#include "zdtm.h"

enum { WAITED_FOR, LATER, IN_GROUP, CHILDREN };

#define FIRST_GO 10 /* a semaphore each */

static struct {
	pid_t child[CHILDREN];
	pthread_t waiter;
	pid_t waiter_tid;
} was;

static void lives(long i)
{
	t_wait(FIRST_GO + i);
	_exit(20 + i);
}

static void waits(long unused)
{
	siginfo_t info = {};

	was.waiter_tid = gettid();
	t_wake(0);
	/* Some kernels let go of it at every stop. */
	while (waitid(P_PID, was.child[WAITED_FOR], &info, WEXITED) < 0)
		EXPECT_EQ(errno, EINTR);
	EXPECT_EQ(info.si_pid, was.child[WAITED_FOR]);
	EXPECT_EQ(info.si_code, CLD_EXITED);
	EXPECT_EQ(info.si_status, 20 + WAITED_FOR);
}

static void setup(void)
{
	for (int i = 0; i < CHILDREN; i++)
		was.child[i] = t_fork(lives, i);
	SYS(setpgid(was.child[IN_GROUP], was.child[IN_GROUP]));
	was.waiter = t_thread(waits, 0);
	t_wait(0);
	t_wait_syscall(was.waiter_tid, SYS_waitid);
}

static void check(void)
{
	int status;

	EXPECT_EQ(SYS(waitpid(-1, &status, WNOHANG)), 0);
	for (int i = 0; i < CHILDREN; i++) {
		EXPECT_EQ(SYS(waitpid(was.child[i], &status, WNOHANG)), 0);
		t_wake(FIRST_GO + i);
		if (i == WAITED_FOR) {
			t_thread_join(was.waiter);
			continue;
		}
		t_wait_state(was.child[i], 'Z');
		EXPECT_EQ(SYS(waitpid(i == IN_GROUP ? -was.child[i] : -1, &status, 0)),
			  was.child[i]);
		EXPECT_EQ(WEXITSTATUS(status), 20 + i);
	}
	EXPECT_ERRNO(waitpid(-1, &status, WNOHANG), ECHILD);
}

ZDTM_TEST = {
	.doc = "children that live on are waited for, by whoever is at it or comes later",
	.object = "task",
	.setup = setup,
	.check = check,
};
