// SPDX-License-Identifier: GPL-2.0-only
/* ioprio_set(2), ioprio_get(2): I/O priorities of threads. */
#include "probe.h"

#define WHO_PROCESS         1
#define PRIO(class_, level) ((class_) << 13 | (level))

enum { NONE, REALTIME, BEST_EFFORT, IDLE };

#define DECLARED .since = "2.6.13", .kconfig = "CONFIG_BLOCK", .source = "ioprio_set(2)"

static int set(pid_t tid, int prio)
{
	return syscall(SYS_ioprio_set, WHO_PROCESS, tid, prio);
}

static int get(pid_t tid)
{
	return OFFERED((int)syscall(SYS_ioprio_get, WHO_PROCESS, tid), "ioprio_get");
}

PROBE(round_trip, .what = "class and level read back, of other tasks too, and are inherited",
      DECLARED)
{
	pid_t pid = spawn_idle(), child;

	OFFERED(set(pid, PRIO(BEST_EFFORT, 6)), "ioprio_set");
	PROMISE_EQ(get(pid), PRIO(BEST_EFFORT, 6));
	NEED(set(pid, PRIO(IDLE, 0)));
	PROMISE_EQ(get(pid) >> 13, IDLE);
	NEED(set(0, PRIO(BEST_EFFORT, 2)));
	child = spawn_idle();
	PROMISE_EQ(get(child), PRIO(BEST_EFFORT, 2));
	PROMISE_FAILS(set(pid, PRIO(5, 0)), EINVAL);
	PROMISE_FAILS(set(pid, PRIO(NONE, 3)), EINVAL);
}

PROBE(realtime, .what = "the realtime class is for who has CAP_SYS_NICE or CAP_SYS_ADMIN: EPERM",
      DECLARED)
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(set(0, PRIO(REALTIME, 3)), EPERM);
		_exit(0);
	}
	reap_good(pid);
	if (!in_init_userns() || (!have_cap(CAP_SYS_NICE) && !have_cap(CAP_SYS_ADMIN)))
		return;
	NEED(set(0, PRIO(REALTIME, 3)));
	PROMISE_EQ(get(0), PRIO(REALTIME, 3));
}
