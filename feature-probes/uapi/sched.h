// SPDX-License-Identifier: GPL-2.0-only
/* linux/sched/types.h, which cannot be included together with sched.h of many C libraries. */
#ifndef UAPI_SCHED_H
#define UAPI_SCHED_H

#include <linux/types.h>
#include <sched.h>

/* As long as it has been from the beginning: sched_setattr(2) takes any length from this one on. */
struct uapi_sched_attr {
	__u32 size;
	__u32 sched_policy;
	__u64 sched_flags;
	__s32 sched_nice;
	__u32 sched_priority;
	__u64 sched_runtime, sched_deadline, sched_period;
};

#define UAPI_SCHED_DEADLINE           6
#define UAPI_SCHED_FLAG_RESET_ON_FORK 1

#endif
