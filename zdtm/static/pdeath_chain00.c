// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parent-death signals in a chain of three: it comes when the thread that forked the task ends, be
 * that its process's main thread or another one whose process lives on. The tasks in between have
 * another signal, or none. With criu 4.2 it never comes from a thread.
 */
#include <sys/prctl.h>

#include "zdtm.h"

enum { BY_MAIN, BY_THREAD }; /* variant->arg: who forks */
enum { READY, GO, PARENT_GO, THREAD_ENDED, TOLD };

static pid_t parent;

static int pdeath_signal(void)
{
	int sig = -1;

	SYS(prctl(PR_GET_PDEATHSIG, &sig));
	return sig;
}

/* The last in the chain: sees the signal once its creator has ended, and not before. */
static void child(long unused)
{
	const struct timespec now = {};
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	t_wake(READY);
	t_wait(GO);
	EXPECT_ERRNO(sigtimedwait(&set, NULL, &now), EAGAIN);
	EXPECT_EQ(pdeath_signal(), SIGUSR1);
	t_wake(PARENT_GO);
	SYS_RC(sigwait(&set, &sig));
	EXPECT_EQ(sig, SIGUSR1);
	t_wake(TOLD);
}

static void forks(long unused)
{
	t_fork(child, 0);
	t_wait(PARENT_GO);
}

static void middle(long unused)
{
	SYS(prctl(PR_SET_PDEATHSIG, SIGUSR2));
	if (variant->arg == BY_MAIN)
		forks(0);
	else
		t_thread_join(t_thread(forks, 0));
	EXPECT_EQ(pdeath_signal(), SIGUSR2);
	if (variant->arg == BY_THREAD)
		t_wait(THREAD_ENDED);
}

static void setup(void)
{
	parent = t_fork(middle, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(pdeath_signal(), 0);
	t_wake(GO);
	/* The thread's process is still there when the signal comes. */
	t_wait(TOLD);
	t_wake(THREAD_ENDED);
	t_join(parent);
}

ZDTM_TEST = {
	.doc = "parent-death signals come when the creator ends, not sooner and not later",
	.object = "task",
	.variants = VARIANTS({ "main_thread", BY_MAIN },
			     { "other_thread", BY_THREAD, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
