// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a thread has forbidden the CPU to speculate about: stores that are passed by, and indirect
 * branches; until it allows it again, for good, or until execve(). That of the main thread, not another
 * one's.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#ifndef PR_SPEC_DISABLE_NOEXEC
#define PR_SPEC_DISABLE_NOEXEC (1UL << 4) /* since 5.1 */
#endif

enum { GO };

#define STORE    PR_SPEC_STORE_BYPASS
#define INDIRECT PR_SPEC_INDIRECT_BRANCH

static const struct {
	int what, how;
} cases[] = {
	{ STORE, PR_SPEC_DISABLE },          { STORE, PR_SPEC_FORCE_DISABLE },
	{ STORE, PR_SPEC_DISABLE_NOEXEC },   { INDIRECT, PR_SPEC_DISABLE },
	{ INDIRECT, PR_SPEC_FORCE_DISABLE },
};

static struct {
	pthread_t other;
	int of_other;
} was;

static int now(void)
{
	return SYS(prctl(PR_GET_SPECULATION_CTRL, cases[variant->arg].what, 0, 0, 0));
}

static void other(long unused)
{
	t_wait(GO);
	EXPECT_EQ(now(), was.of_other);
}

static void setup(void)
{
	int what = cases[variant->arg].what, how = cases[variant->arg].how;

	was.of_other = now();
	was.other = t_thread(other, 0);
	if (prctl(PR_SET_SPECULATION_CTRL, what, how, 0, 0) < 0)
		t_skip("PR_SET_SPECULATION_CTRL: %s", strerror(errno));
}

static void check(void)
{
	int what = cases[variant->arg].what, how = cases[variant->arg].how;

	EXPECT_EQ(now(), PR_SPEC_PRCTL | how);
	if (how == PR_SPEC_FORCE_DISABLE)
		EXPECT_ERRNO(prctl(PR_SET_SPECULATION_CTRL, what, PR_SPEC_ENABLE, 0, 0), EPERM);
	else
		SYS(prctl(PR_SET_SPECULATION_CTRL, what, PR_SPEC_ENABLE, 0, 0));
	t_wake(GO);
	t_thread_join(was.other);
}

ZDTM_TEST = {
	.doc = "what must not be speculated about still must not be, in that thread",
	.object = "status",
	.variants = VARIANTS(
		{ "store_disable", 0, .needs = LIST("status.speculation") },
		{ "store_force_disable", 1, .needs = LIST("status.speculation") },
		{ "store_disable_noexec", 2, .needs = LIST("status.speculation") },
		{ "indirect_disable", 3, .needs = LIST("status.speculation_indirect") },
		{ "indirect_force_disable", 4, .needs = LIST("status.speculation_indirect") }),
	.setup = setup,
	.check = check,
};
