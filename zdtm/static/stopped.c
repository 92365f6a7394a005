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

static void setup(void)
{
	child = t_fork(works, 0);
	t_wait(READY);
	t_wait(READY);
	SYS(kill(child, variant->arg));
	t_wait_state(child, 'T');
}

static void check(void)
{
	siginfo_t info = {};

	t_wake(GO);
	t_wake(GO);
	t_wait_state(child, 'T');
	SYS(waitid(P_PID, child, &info, WSTOPPED | WEXITED | WNOHANG));
	EXPECT_EQ(info.si_pid, child);
	EXPECT_EQ(info.si_code, CLD_STOPPED);
	EXPECT_EQ(info.si_status, variant->arg);
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
