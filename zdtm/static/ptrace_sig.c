// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task traced by another one, which has caught a signal of it. There can be no second tracer, and
 * what a tracer knows of its tracee nobody can ask for.
 */
#include <sys/ptrace.h>

#include "zdtm.h"

enum { READY, GO, TRACED };

static pid_t tracer;
static volatile int calls;

static void on_usr1(int sig)
{
	calls++;
}

static void tracee(long unused)
{
	signal(SIGUSR1, on_usr1);
	SYS(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	SYS(raise(SIGUSR1));
	EXPECT_EQ(calls, 1);
}

static void traces(long unused)
{
	pid_t pid = t_fork(tracee, 0);
	int status;

	SYS(waitpid(pid, &status, 0));
	EXPECT(WIFSTOPPED(status));
	EXPECT_EQ(WSTOPSIG(status), SIGUSR1);
	t_wake(READY);
	t_wait(GO);
	SYS(ptrace(PTRACE_CONT, pid, NULL, SIGUSR1));
	t_join(pid);
}

static void setup(void)
{
	tracer = t_fork(traces, 0);
	t_wait(READY);
}

static void check(void)
{
	t_wake(GO);
	t_join(tracer);
}

ZDTM_TEST = {
	.doc = "tracer and tracee are not dumped, and carry on",
	.object = "task",
	.demand = MUST_REFUSE,
	.setup = setup,
	.check = check,
};
