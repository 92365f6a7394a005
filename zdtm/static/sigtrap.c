// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIGTRAP, which whoever traces the task may use for its own ends: blocked and pending, or handled.
 * criu 4.2 does not dump it pending.
 */
#include <time.h>

#include "zdtm.h"

static int calls, code;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	calls++;
	code = info->si_code;
}

static void setup(void)
{
	const struct sigaction act = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	sigset_t set;

	SYS(sigaction(SIGTRAP, &act, NULL));
	if (!variant->arg)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(raise(SIGTRAP));
}

static void check(void)
{
	sigset_t set, pending;

	EXPECT_EQ(calls, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	SYS(sigpending(&pending));
	EXPECT_EQ(sigismember(&pending, SIGTRAP), variant->arg);
	SYS_RC(pthread_sigmask(SIG_UNBLOCK, &set, NULL));
	EXPECT_EQ(calls, variant->arg);
	SYS(raise(SIGTRAP));
	EXPECT_EQ(calls, variant->arg + 1);
	EXPECT_EQ(code, SI_TKILL);
}

ZDTM_TEST = {
	.doc = "SIGTRAP is a signal like others",
	.object = "signals",
	.variants = VARIANTS({ "handled", false, .known_as = "static/sigtrap01" },
			     { "pending", true, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
