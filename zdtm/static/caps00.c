// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities of a child that has put some aside: one it may take back, one it may not, one that
 * nobody it executes will ever have. Asked back, by using them, and by trying to raise them again.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define LOWERED CAP_CHOWN        /* permitted, not effective */
#define DROPPED CAP_DAC_OVERRIDE /* neither */
#define BOUNDED CAP_SETPCAP      /* permitted, but outside the bounding set */
#define ALL     (CAP_BIT(LOWERED) | CAP_BIT(DROPPED) | CAP_BIT(BOUNDED) | CAP_BIT(CAP_FOWNER))

enum { READY, GO };

static pid_t child;

static uint64_t caps(const char *which)
{
	return t_field_num("/proc/self/status", which, 16);
}

static int set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { effective, permitted, inheritable } };

	return syscall(SYS_capset, &head, data);
}

static void executed(long unused)
{
	EXPECT_EQ(caps("CapPrm"), ALL & ~CAP_BIT(BOUNDED));
	EXPECT_EQ(caps("CapBnd"), ALL & ~CAP_BIT(BOUNDED));
}

static void executes(long unused)
{
	t_exec(-1, executed, 0);
}

static void puts_aside(long unused)
{
	const uint64_t permitted = ALL & ~CAP_BIT(DROPPED);
	const uint64_t effective = permitted & ~CAP_BIT(LOWERED);
	const uint64_t inheritable = CAP_BIT(CAP_FOWNER);

	SYS(prctl(PR_CAPBSET_DROP, BOUNDED, 0, 0, 0));
	SYS(set_caps(effective, permitted, inheritable));
	t_wake(READY);
	t_wait(GO);

	EXPECT_EQ(caps("CapEff"), effective);
	EXPECT_EQ(caps("CapPrm"), permitted);
	EXPECT_EQ(caps("CapInh"), inheritable);
	EXPECT_EQ(caps("CapBnd"), ALL & ~CAP_BIT(BOUNDED));
	EXPECT_EQ(caps("CapAmb"), 0);
	EXPECT_ERRNO(chown(".", 1, 1), EPERM);
	SYS(set_caps(permitted, permitted, inheritable));
	SYS(chown(".", 1, 1));
	EXPECT_ERRNO(set_caps(ALL, ALL, inheritable), EPERM);
	t_join(t_fork(executes, 0));
}

static void setup(void)
{
	child = t_fork(puts_aside, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(caps("CapEff"), ALL);
	EXPECT_EQ(caps("CapPrm"), ALL);
	EXPECT_EQ(caps("CapInh"), 0);
	EXPECT_EQ(caps("CapBnd"), ALL);
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "effective, permitted, inheritable and bounding capabilities",
	.object = "creds",
	.caps = ALL,
	.setup = setup,
	.check = check,
};
