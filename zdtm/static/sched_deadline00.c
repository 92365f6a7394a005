// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread of SCHED_DEADLINE: runtime, deadline and period. criu 4.2 dumps it and then cannot
 * restore it, which is neither kept nor refused.
 */
#include "feature-probes/uapi/sched.h"
#include "zdtm.h"

#define MS UINT64_C(1000000)

enum { READY, GO };

static struct {
	pthread_t thread;
	pid_t tid;
} was;

static void thread(long unused)
{
	struct uapi_sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = UAPI_SCHED_DEADLINE,
		.sched_runtime = 10 * MS,
		.sched_deadline = 90 * MS,
		.sched_period = 100 * MS,
	};

	was.tid = gettid();
	SYS(syscall(SYS_sched_setattr, 0, &attr, 0));
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	was.thread = t_thread(thread, 0);
	t_wait(READY);
}

static void check(void)
{
	struct uapi_sched_attr now = {};

	SYS(syscall(SYS_sched_getattr, was.tid, &now, sizeof(now), 0));
	EXPECT_EQ(now.sched_policy, UAPI_SCHED_DEADLINE);
	EXPECT_EQ(now.sched_runtime, 10 * MS);
	EXPECT_EQ(now.sched_deadline, 90 * MS);
	EXPECT_EQ(now.sched_period, 100 * MS);
	t_wake(GO);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "a deadline-scheduled thread keeps runtime, deadline and period",
	.object = "sched",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_SYS_NICE), /* SCHED_DEADLINE */
	.setup = setup,
	.check = check,
};
