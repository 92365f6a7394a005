// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys/kernel/ns_last_pid: the other way to a pid of our choice. */
#include <sched.h>

#include "probe.h"

#define LAST_PID "/proc/sys/kernel/ns_last_pid"

#define DECLARED                                                                                   \
	.since = "3.3", .commit = "b8f566b04d3c",                                                  \
	.kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_PID_NS",                                      \
	.source = "pid_namespaces(7), kernel/pid_namespace.c"
#define PRIVILEGE .capability = "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN"

static int set(const char *pid)
{
	return OFFERED(write_text(pid, LAST_PID), "ns_last_pid", ENOENT);
}

/* The pid of the next task. */
static pid_t next(void)
{
	pid_t pid = spawn();

	if (pid == 0)
		_exit(0);
	reap_good(pid);
	return pid;
}

PROBE(next, .what = "a number written to ns_last_pid is followed by the next task's pid", DECLARED,
      PRIVILEGE)
{
	pid_t pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS), taken;

	if (pid > 0) {
		reap_good(pid);
		return;
	}
	set("4999");
	PROMISE_EQ(next(), 5000);
	PROMISE_EQ(next(), 5001);
	PROMISE_EQ(atoi(NEED(slurp(LAST_PID))), 5001);

	/* Downwards too, and over what is taken. */
	set("400");
	taken = spawn_idle();
	PROMISE_EQ(taken, 401);
	set("400");
	PROMISE_EQ(next(), 402);
	conforms();
}

PROBE(per_namespace, .what = "each pid namespace has a ns_last_pid of its own", DECLARED, PRIVILEGE)
{
	pid_t outer = spawn_in(CLONE_NEWPID | CLONE_NEWNS), inner;

	if (outer > 0) {
		reap_good(outer);
		return;
	}
	set("700");
	inner = spawn_in(CLONE_NEWPID | CLONE_NEWNS);
	if (inner == 0) {
		PROMISE_EQ(next(), 2);
		set("3000");
		PROMISE_EQ(next(), 3001);
		_exit(0);
	}
	PROMISE_EQ(inner, 701);
	reap_good(inner);
	/* Each task of the inner one has a pid in the outer one, too: 702 and 703. */
	PROMISE_EQ(next(), 704);
	conforms();
}

PROBE(refusals, .what = "ns_last_pid takes no number outside what pids can be", DECLARED, PRIVILEGE)
{
	pid_t pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS);

	if (pid > 0) {
		reap_good(pid);
		return;
	}
	set("300");
	PROMISE_FAILS(write_text("-1", LAST_PID), EINVAL);
	PROMISE_FAILS(write_text("99999999", LAST_PID), EINVAL);
	PROMISE_EQ(next(), 301);
	conforms();
}

PROBE(cap, .what = "CAP_CHECKPOINT_RESTORE alone lets a task write ns_last_pid", .since = "5.9",
      .commit = "b9a3db92e0c9", .kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_PID_NS",
      .capability = "CAP_CHECKPOINT_RESTORE", .source = "pid_namespaces(7)")
{
	pid_t pid;

	need_privilege("CAP_CHECKPOINT_RESTORE");
	/* A capability of a user namespace counts in its own pid namespaces only. */
	if (!in_init_userns()) {
		pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS);
		if (pid > 0) {
			reap_good(pid);
			return;
		}
	}
	pid = spawn();
	if (pid == 0) {
		lose_privileges_but(CAP_CHECKPOINT_RESTORE);
		/* What it says already: nobody else's pids are to change. */
		set(OFFERED(slurp(LAST_PID), "ns_last_pid", ENOENT));
		_exit(0);
	}
	reap_good(pid);
	conforms();
}

PROBE(refused, .what = "ns_last_pid is written by the privileged only: EPERM", DECLARED)
{
	pid_t pid = spawn();

	if (access(LAST_PID, F_OK) < 0)
		ABSENT("no ns_last_pid");
	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(write_text("300", LAST_PID), EPERM);
		_exit(0);
	}
	reap_good(pid);
}
