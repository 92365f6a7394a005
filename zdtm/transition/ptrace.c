// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that steps another one from system call to system call. Both are to be dumped, which
 * cannot be: the tracee stays its tracer's, and neither notices that somebody tried.
 */
#include <sys/ptrace.h>

#include "zdtm.h"

enum { TURNING };

static pid_t tracer;

static void calls(long unused)
{
	while (!t_over())
		EXPECT_NE(getppid(), 0);
}

static void steps(long unused)
{
	pid_t pid = t_fork(calls, 0);
	int status, stops = 0;

	SYS(ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD));
	SYS(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	while (SYS(waitpid(pid, &status, 0)) == pid && WIFSTOPPED(status)) {
		if (++stops > 1)
			EXPECT_EQ(WSTOPSIG(status), SIGTRAP | 0x80);
		if (stops == 20)
			t_wake(TURNING);
		SYS(ptrace(PTRACE_SYSCALL, pid, NULL, NULL));
	}
	EXPECT_EQ(status, 0);
}

static void setup(void)
{
	tracer = t_fork(steps, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(tracer);
}

ZDTM_TEST = {
	.doc = "a tracer and its tracee are not dumped, and do not notice",
	.object = "task",
	.demand = MUST_REFUSE,
	.setup = setup,
	.check = check,
};
