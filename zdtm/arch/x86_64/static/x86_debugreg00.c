// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hardware breakpoint in a task that nobody traces any more: who set it has detached, and it
 * stays until the next execve(). The task gets SIGTRAP when it writes there.
 */
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "zdtm.h"

#define DR(n)         offsetof(struct user, u_debugreg[n])
#define WRITE_4_BYTES (1 | 1 << 16 | 3 << 18) /* breakpoint 0, local */

enum { READY, GO };

static pid_t child;
static volatile int watched, traps;

static void on_trap(int sig)
{
	traps++;
}

static void writes(long unused)
{
	signal(SIGTRAP, on_trap);
	t_wake(READY);
	t_wait(GO);
	watched = 1;
	EXPECT_EQ(traps, 1);
	watched = 2;
	EXPECT_EQ(traps, 2);
}

static void watch(pid_t pid)
{
	SYS(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	SYS(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	SYS(waitpid(pid, NULL, 0));
	if (ptrace(PTRACE_POKEUSER, pid, DR(0), &watched) ||
	    ptrace(PTRACE_POKEUSER, pid, DR(7), WRITE_4_BYTES))
		t_skip("no hardware breakpoints: %s", strerror(errno));
	SYS(ptrace(PTRACE_DETACH, pid, NULL, NULL));
}

static void setup(void)
{
	child = t_fork(writes, 0);
	t_wait(READY);
	watch(child);
	/* Out of the stop, and back in its sleep. */
	t_wait_syscall(child, SYS_futex);
}

static void check(void)
{
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "a breakpoint whose debugger has gone still stops who gets there",
	.object = "task",
	.demand = REPORT,
	.needs = LIST("debugreg.left_behind"),
	.setup = setup,
	.check = check,
};
