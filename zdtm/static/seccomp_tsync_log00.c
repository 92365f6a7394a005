// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chain of seccomp filters, each with another answer and other flags: an error, a signal with
 * everything in it, the end of the process; of two that have an opinion the stricter one counts.
 * Children have them all, and so has what they execute.
 */
#include "filter.h"

enum { READY, GO };

static pid_t child;
static volatile int trapped, call;

static void on_sys(int sig, siginfo_t *info, void *context)
{
	trapped = info->si_errno;
	call = info->si_syscall;
}

static void oversteps(long unused)
{
	syscall(SYS_getpriority, 0, 0);
}

static void executed(long unused)
{
	EXPECT_ERRNO(syscall(SYS_getpgid, 0), 1000);
}

static void executes(long unused)
{
	t_exec(-1, executed, 0);
}

static void expect_filtered(void)
{
	EXPECT_ERRNO(syscall(SYS_getpgid, 0), 1000);
	EXPECT_EQ(trapped, 0);
	syscall(SYS_getppid);
	EXPECT_EQ(trapped, 77);
	EXPECT_EQ(call, SYS_getppid);
	SYS(syscall(SYS_getsid, 0));
	EXPECT_EQ(WTERMSIG(t_reap(t_fork(oversteps, 0))), SIGSYS);
	t_join(t_fork(executes, 0));
	EXPECT_EQ(t_field_num("/proc/self/status", "Seccomp_filters", 10), 5);
}

static void confined(long unused)
{
	const struct sigaction act = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	SYS(sigaction(SIGSYS, &act, NULL));
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SYS(filter_call(SYS_getpgid, SECCOMP_RET_ERRNO | 1000, SECCOMP_FILTER_FLAG_LOG));
	SYS(filter_call(SYS_getpgid, SECCOMP_RET_LOG, 0));
	SYS(filter_call(SYS_getppid, SECCOMP_RET_TRAP | 77, SECCOMP_FILTER_FLAG_SPEC_ALLOW));
	SYS(filter_call(SYS_getpriority, SECCOMP_RET_KILL_PROCESS, 0));
	SYS(filter_call(SYS_getsid, SECCOMP_RET_ALLOW, 0));
	t_wake(READY);
	t_wait(GO);
	expect_filtered();
}

static void setup(void)
{
	child = t_fork(confined, 0);
	t_wait(READY);
}

static void check(void)
{
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "a chain of seccomp filters answers as before",
	.object = "seccomp",
	.setup = setup,
	.check = check,
};
