// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ambient capabilities, those that a program executed by an ordinary user has: some of what is
 * permitted and inheritable. Asked one by one, and by executing a program.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define AMBIENT (CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_KILL))
#define INHERIT (AMBIENT | CAP_BIT(CAP_FOWNER))
#define ALL     (INHERIT | CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETPCAP))

enum { READY, GO };

static pid_t child;

static uint64_t caps(const char *which)
{
	return t_field_num("/proc/self/status", which, 16);
}

static void executed(long unused)
{
	EXPECT_EQ(caps("CapEff"), AMBIENT);
	EXPECT_EQ(caps("CapPrm"), AMBIENT);
	EXPECT_EQ(caps("CapInh"), INHERIT);
	EXPECT_EQ(caps("CapAmb"), AMBIENT);
}

static void executes(long unused)
{
	t_exec(-1, executed, 0);
}

static void becomes_ordinary(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { ALL, ALL, INHERIT } };

	SYS(prctl(PR_SET_KEEPCAPS, 1));
	SYS(setresuid(1000, 1000, 1000));
	SYS(syscall(SYS_capset, &head, data));
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (AMBIENT & CAP_BIT(cap))
			SYS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
}

static void ordinary(long unused)
{
	becomes_ordinary();
	t_wake(READY);
	t_wait(GO);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		int raised = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0);

		/* CAP_LAST_CAP is the headers'; the kernel may know fewer. */
		if (raised >= 0)
			EXPECT_EQ(raised, (AMBIENT & CAP_BIT(cap)) != 0);
	}
	EXPECT_EQ(caps("CapInh"), INHERIT);
	EXPECT_EQ(caps("CapEff"), ALL);
	t_join(t_fork(executes, 0));
}

static void setup(void)
{
	child = t_fork(ordinary, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(caps("CapAmb"), 0);
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "ambient capabilities stay raised, and reach what is executed",
	.object = "creds",
	.caps = ALL,
	.setup = setup,
	.check = check,
};
