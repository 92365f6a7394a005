// SPDX-License-Identifier: GPL-2.0-only
/* A thread for which the cpuid instruction faults, so that it can be told of another CPU; others it does not. */
#include <ucontext.h>

#include "zdtm.h"

#define GET_CPUID 0x1011 /* asm/prctl.h */
#define SET_CPUID 0x1012

enum { GO };

static pthread_t other;
static volatile sig_atomic_t faults;

/* cpuid is two bytes long: what faulted is left out. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	faults++;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
}

static void ask(void)
{
	unsigned int a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
}

static void may_ask(long unused)
{
	t_wait(GO);
	EXPECT_EQ(SYS(syscall(SYS_arch_prctl, GET_CPUID, 0)), 1);
}

static void setup(void)
{
	const struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	other = t_thread(may_ask, 0);
	SYS(sigaction(SIGSEGV, &act, NULL));
	SYS(syscall(SYS_arch_prctl, SET_CPUID, 0));
}

static void check(void)
{
	EXPECT_EQ(SYS(syscall(SYS_arch_prctl, GET_CPUID, 0)), 0);
	ask();
	EXPECT_EQ(faults, 1);
	SYS(syscall(SYS_arch_prctl, SET_CPUID, 1));
	ask();
	EXPECT_EQ(faults, 1);
	t_wake(GO);
	t_thread_join(other);
}

ZDTM_TEST = {
	.doc = "the cpuid instruction faults for whom it did",
	.object = "arch_prctl",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("arch_prctl.cpuid_fault"),
	.setup = setup,
	.check = check,
};
