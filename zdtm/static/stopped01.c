// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stopped task with one more stop signal pending: for the process, for the thread, for both, or a
 * blocked one. Continuing it takes all of them away, and nothing else does. criu 4.2 loses those
 * that are SIGSTOP.
 */
#include "zdtm.h"

enum { SHARED = 1, THREAD = 2, TSTP = 4 }; /* variant->arg */
enum { READY, GO };

static pid_t child;

static void works(long unused)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	t_wake(READY);
	t_wait(GO);
}

static uint64_t pending(const char *which)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", child);
	return t_field_num(path, which, 16);
}

static uint64_t bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

static void setup(void)
{
	child = t_fork(works, 0);
	t_wait(READY);
	SYS(kill(child, SIGSTOP));
	t_wait_state(child, 'T');
	if (variant->arg & SHARED)
		SYS(kill(child, SIGSTOP));
	if (variant->arg & THREAD)
		SYS(syscall(SYS_tgkill, child, child, SIGSTOP));
	if (variant->arg & TSTP)
		SYS(kill(child, SIGTSTP));
}

static void check(void)
{
	t_wait_state(child, 'T');
	EXPECT_EQ(pending("ShdPnd"), (variant->arg & SHARED ? bit(SIGSTOP) : 0) |
					     (variant->arg & TSTP ? bit(SIGTSTP) : 0));
	EXPECT_EQ(pending("SigPnd"), variant->arg & THREAD ? bit(SIGSTOP) : 0);
	SYS(kill(child, SIGCONT));
	t_wait_state(child, 'S');
	EXPECT_EQ(pending("ShdPnd"), 0);
	EXPECT_EQ(pending("SigPnd"), 0);
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "stop signals that wait for a stopped task stay pending until it is continued",
	.object = "signals",
	.variants =
		VARIANTS({ "shared", SHARED }, { "thread", THREAD, .known_as = "static/stopped02" },
			 { "both", SHARED | THREAD, .known_as = "static/stopped12" },
			 { "tstp", TSTP, .known_as = "static/stopped04" }),
	.setup = setup,
	.check = check,
};
