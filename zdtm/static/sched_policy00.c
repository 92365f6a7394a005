// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scheduling policy with its priority or nice value, and whether children go back to the
 * ordinary one: SCHED_RESET_ON_FORK is a flag beside the policy.
 */
#include "feature-probes/uapi/sched.h"
#include "zdtm.h"

#define RESET 0x100 /* in variant->arg, beside the policy */

static struct {
	struct uapi_sched_attr attr;
} was;

static struct uapi_sched_attr attr_of(pid_t pid)
{
	struct uapi_sched_attr attr = {};

	SYS(syscall(SYS_sched_getattr, pid, &attr, sizeof(attr), 0));
	return attr;
}

static void heir(long policy)
{
	struct uapi_sched_attr now = attr_of(0);

	EXPECT_EQ(now.sched_policy, policy);
	EXPECT_EQ(now.sched_priority, policy == SCHED_OTHER ? 0 : was.attr.sched_priority);
	EXPECT_EQ(now.sched_flags, 0);
}

static void setup(void)
{
	int policy = variant->arg & ~RESET;
	struct uapi_sched_attr attr = { .size = sizeof(attr), .sched_policy = policy };

	if (policy == SCHED_FIFO || policy == SCHED_RR)
		attr.sched_priority = policy == SCHED_FIFO ? 1 : 37;
	else if (policy == SCHED_BATCH)
		attr.sched_nice = 5;
	if (variant->arg & RESET)
		attr.sched_flags = UAPI_SCHED_FLAG_RESET_ON_FORK;
	SYS(syscall(SYS_sched_setattr, 0, &attr, 0));
	was.attr = attr_of(0);
	EXPECT_EQ(was.attr.sched_policy, policy);
}

static void check(void)
{
	struct uapi_sched_attr now = attr_of(0);

	EXPECT_EQ(now.sched_policy, was.attr.sched_policy);
	EXPECT_EQ(now.sched_priority, was.attr.sched_priority);
	EXPECT_EQ(now.sched_nice, was.attr.sched_nice);
	EXPECT_EQ(now.sched_flags, variant->arg & RESET ? UAPI_SCHED_FLAG_RESET_ON_FORK : 0);
	t_join(t_fork(heir,
		      variant->arg & RESET && now.sched_priority ? SCHED_OTHER : now.sched_policy));
}

ZDTM_TEST = {
	.doc = "a scheduling policy stays, with priority, nice value and what children get of it",
	.object = "sched",
	.caps = CAP_BIT(CAP_SYS_NICE), /* SCHED_FIFO and SCHED_RR */
	.variants = VARIANTS({ "fifo", SCHED_FIFO }, { "rr", SCHED_RR }, { "batch", SCHED_BATCH },
			     { "idle", SCHED_IDLE }, { "fifo_reset", SCHED_FIFO | RESET },
			     { "batch_reset", SCHED_BATCH | RESET }),
	.setup = setup,
	.check = check,
};
