// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process whose main thread has ended while another one runs on: a zombie to look at, and alive.
 * Neither criu 4.2 nor anybody else can ptrace what is left of the main thread.
 */
#include "zdtm.h"

enum { READY, GO };

static struct {
	pid_t child;
} was;

static void other(long unused)
{
	t_wake(READY);
	t_wait(GO);
	EXPECT_NE(gettid(), getpid());
}

static void ends_its_main_thread(long unused)
{
	t_thread(other, 0);
	pthread_exit(NULL);
}

static void setup(void)
{
	was.child = t_fork(ends_its_main_thread, 0);
	t_wait(READY);
	t_wait_state(was.child, 'Z');
}

static void check(void)
{
	siginfo_t info = {};

	t_wait_state(was.child, 'Z');
	SYS(waitid(P_PID, was.child, &info, WEXITED | WNOHANG));
	EXPECT_EQ(info.si_pid, 0);
	t_wake(GO);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a process whose main thread has ended lives on in the others",
	.object = "task",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
