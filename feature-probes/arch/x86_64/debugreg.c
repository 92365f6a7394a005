// SPDX-License-Identifier: GPL-2.0-only
/* Hardware breakpoints, set by a tracer. */
#include <sys/ptrace.h>
#include <sys/user.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.33", .commit = "24f1e32c60c4", .kconfig = "CONFIG_HAVE_HW_BREAKPOINT",       \
	.source = "ptrace(2), arch/x86/kernel/ptrace.c"

static long debug_register(int n)
{
	return offsetof(struct user, u_debugreg) + n * sizeof(long);
}

static __attribute__((noinline)) void marker(void)
{
	__asm__ volatile("");
}

/* A child that runs over marker() again and again. */
static pid_t spawn_running(void)
{
	pid_t pid = spawn();

	if (pid == 0)
		for (;;) {
			marker();
			usleep(100);
		}
	return pid;
}

/* Breakpoint 0 on the execution of marker(). */
static void arm(pid_t pid)
{
	OFFERED(ptrace(PTRACE_POKEUSER, pid, debug_register(0), marker), "debug registers", EIO,
		ENOSPC);
	OFFERED(ptrace(PTRACE_POKEUSER, pid, debug_register(7), 1), "hardware breakpoints", EIO,
		ENOSPC, EINVAL);
}

PROBE(fires, .what = "a hardware breakpoint stops its task where it was set", DECLARED,
      .guards = "hw-breakpoint-sev")
{
	struct user_regs_struct regs;
	pid_t pid = spawn_running();
	siginfo_t info;
	int status;

	seize_stopped(pid, 0);
	arm(pid);
	NEED(ptrace(PTRACE_CONT, pid, 0, 0));
	for (int i = 0; i < 200; i++) {
		usleep(5000);
		if (NEED(waitpid(pid, &status, WNOHANG | __WALL)) == pid)
			break;
		if (i < 199)
			continue;
		if (cpu_has("hypervisor"))
			MACHINE_LACKS("the hypervisor takes breakpoints and lets none fire");
		DEVIATES("hardware breakpoints are set without complaint and do not fire");
	}
	PROMISE(WIFSTOPPED(status));
	PROMISE_EQ(status >> 8, SIGTRAP);
	NEED(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	PROMISE_EQ(info.si_code, TRAP_HWBKPT);
	NEED(ptrace(PTRACE_GETREGS, pid, 0, &regs));
	PROMISE_EQ(regs.rip, marker);
	PROMISE_EQ(NEED(ptrace(PTRACE_PEEKUSER, pid, debug_register(6), 0)) & 1, 1);
	NEED(ptrace(PTRACE_POKEUSER, pid, debug_register(7), 0));
	let_go(pid);
	until_state(pid, 'S');
}

PROBE(left_behind, .what = "the breakpoints of a killed tracer are shown to the next one, to clear",
      DECLARED, .guards = "hw-breakpoint-leftover")
{
	pid_t pid = spawn_idle(), tracer = spawn();
	long control;

	if (tracer == 0) {
		seize_stopped(pid, 0);
		arm(pid);
		reach(1);
		linger();
	}
	await(1);
	end_task(tracer);
	seize_stopped(pid, 0);
	control = NEED(ptrace(PTRACE_PEEKUSER, pid, debug_register(7), 0));
	/* They stay armed, without anybody to stop for: an engine has to look. */
	NOTE("DR7 is %#lx", control);
	if (control & 1)
		PROMISE_EQ(NEED(ptrace(PTRACE_PEEKUSER, pid, debug_register(0), 0)), marker);
	NEED(ptrace(PTRACE_POKEUSER, pid, debug_register(7), 0));
	PROMISE_EQ(NEED(ptrace(PTRACE_PEEKUSER, pid, debug_register(7), 0)) & 0xff, 0);
	let_go(pid);
	until_state(pid, 'S');
}
