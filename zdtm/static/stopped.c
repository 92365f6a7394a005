// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task stopped by job control, by each of the four signals that can: it does not run before
 * SIGCONT, and then goes on with all its threads as if nothing had been. criu 4.2 knows two of
 * them.
 */
#include "zdtm.h"

enum { READY, GO, WENT_ON };

static pid_t child;
static volatile int continued;

static void on_cont(int sig)
{
	continued++;
}

static void thread(long unused)
{
	t_wake(READY);
	t_wait(GO);
	t_wake(WENT_ON);
}

static void works(long unused)
{
	pthread_t other;

	/* A group of its own: in an orphaned one the terminal's signals stop nobody. */
	SYS(setpgid(0, 0));
	signal(SIGCONT, on_cont);
	other = t_thread(thread, 0);
	thread(0);
	t_thread_join(other);
	EXPECT_EQ(continued, 1);
}

/* The parent is told when the last thread has stopped. */
static bool is_told(int more)
{
	siginfo_t info = {};

	SYS(waitid(P_PID, child, &info, WSTOPPED | WNOHANG | more));
	return info.si_pid == child && EXPECT_EQ(info.si_code, CLD_STOPPED) &&
	       EXPECT_EQ(info.si_status, variant->arg);
}

static void setup(void)
{
	child = t_fork(works, 0);
	t_wait(READY);
	t_wait(READY);
	SYS(kill(child, variant->arg));
	T_UNTIL(is_told(WNOWAIT));
}

static void check(void)
{
	t_wake(GO);
	t_wake(GO);
	t_wait_state(child, 'T');
	T_UNTIL(is_told(0));
	SYS(kill(child, SIGCONT));
	t_wait(WENT_ON);
	t_wait(WENT_ON);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "a stopped task stays so until it is continued",
	.object = "task",
	.variants = VARIANTS({ "stop", SIGSTOP }, { "tstp", SIGTSTP }, { "ttin", SIGTTIN },
			     { "ttou", SIGTTOU }),
	.setup = setup,
	.check = check,
};
