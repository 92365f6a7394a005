// SPDX-License-Identifier: GPL-2.0-only
/* How tasks are scheduled: policy, priority, CPUs, and what goes with them. */
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "probe.h"

#ifndef SCHED_FLAG_RESET_ON_FORK
#define SCHED_FLAG_RESET_ON_FORK 0x01
#endif
#define SCHED_DEADLINE_ 6

#define DECLARED(release, where) .since = release, .source = where

/* As of 5.3. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static int set_attr(pid_t pid, struct attr a)
{
	a.size = 48;
	return syscall(SYS_sched_setattr, pid, &a, 0);
}

static int get_attr(pid_t pid, struct attr *a)
{
	memset(a, 0, sizeof(*a));
	return syscall(SYS_sched_getattr, pid, a, sizeof(*a), 0);
}

static void *idle_thread(void *tid)
{
	*(_Atomic pid_t *)tid = gettid();
	linger();
}

static pid_t new_thread(void)
{
	static _Atomic pid_t tid;
	pthread_t thread;

	tid = 0;
	NEED(-pthread_create(&thread, NULL, idle_thread, (void *)&tid));
	while (!tid)
		usleep(100);
	return tid;
}

PROBE(affinity, .what = "each thread has its own CPUs, told as set, inherited, never none at all",
      DECLARED("2.5.8", "sched_setaffinity(2)"))
{
	cpu_set_t all, one, now;
	pid_t tid = new_thread(), child;
	char want[16];
	int cpu = 0;

	NEED(sched_getaffinity(0, sizeof(all), &all));
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	NEED(sched_setaffinity(tid, sizeof(one), &one));
	NEED(sched_getaffinity(tid, sizeof(now), &now));
	PROMISE(CPU_EQUAL(&now, &one));
	snprintf(want, sizeof(want), "%d", cpu);
	PROMISE_STR(NEED(text_field(NEED(slurp("/proc/self/task/%d/status", tid)),
				    "Cpus_allowed_list")),
		    want);
	NEED(sched_getaffinity(0, sizeof(now), &now));
	PROMISE(CPU_EQUAL(&now, &all));
	NEED(sched_setaffinity(0, sizeof(one), &one));
	child = spawn_idle();
	NEED(sched_getaffinity(child, sizeof(now), &now));
	PROMISE(CPU_EQUAL(&now, &one));
	CPU_ZERO(&one);
	PROMISE_FAILS(sched_setaffinity(0, sizeof(one), &one), EINVAL);
}

PROBE(policies, .what = "policy and nice value read back, by sched_getattr and in stat",
      DECLARED("3.14", "sched_setattr(2)"))
{
	/* The way out of the last one is by rights to a nice value, so that it comes last. */
	static const int policies[] = { SCHED_BATCH, SCHED_OTHER, SCHED_IDLE };
	struct attr a;
	pid_t pid = spawn_idle();

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		OFFERED(set_attr(pid, (struct attr){ .policy = policies[i], .nice = 7 }),
			"sched_setattr");
		NEED(get_attr(pid, &a));
		PROMISE_EQ(a.policy, policies[i]);
		if (policies[i] != SCHED_IDLE)
			PROMISE_EQ(a.nice, 7);
		PROMISE_EQ(atoi(NEED(stat_field(pid, 41))), policies[i]);
		PROMISE_EQ(NEED(sched_getscheduler(pid)), policies[i]);
	}
	PROMISE_EQ(atoi(NEED(stat_field(pid, 19))), 7);
	PROMISE_FAILS(set_attr(pid, (struct attr){ .policy = 77 }), EINVAL);
}

PROBE(reset_on_fork, .what = "the mark to give children the default policy reads back, and does so",
      DECLARED("3.14", "sched_setattr(2)"))
{
	struct attr a;
	pid_t child;

	NEED(set_attr(0,
		      (struct attr){ .policy = SCHED_BATCH, .flags = SCHED_FLAG_RESET_ON_FORK }));
	NEED(get_attr(0, &a));
	PROMISE_EQ(a.flags & SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RESET_ON_FORK);
	PROMISE_EQ(NEED(sched_getscheduler(0)), SCHED_BATCH | SCHED_RESET_ON_FORK);
	child = spawn_idle();
	NEED(get_attr(child, &a));
	PROMISE_EQ(a.policy, SCHED_BATCH);
	PROMISE_EQ(a.flags & SCHED_FLAG_RESET_ON_FORK, 0);
}

PROBE(realtime, .what = "a realtime policy and its priority read back", DECLARED("2.0", "sched(7)"),
      .capability = "CAP_SYS_NICE in the initial user namespace")
{
	static const int policies[] = { SCHED_FIFO, SCHED_RR };
	pid_t pid = spawn_idle();
	struct attr a;

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		NEED(set_attr(pid, (struct attr){ .policy = policies[i], .priority = 3 }));
		NEED(get_attr(pid, &a));
		PROMISE_EQ(a.policy, policies[i]);
		PROMISE_EQ(a.priority, 3);
		PROMISE_EQ(atoi(NEED(stat_field(pid, 40))), 3);
		PROMISE_EQ(atoi(NEED(stat_field(pid, 41))), policies[i]);
	}
	PROMISE_FAILS(set_attr(pid, (struct attr){ .policy = SCHED_FIFO, .priority = 0 }), EINVAL);
}

PROBE(realtime_refused,
      .what = "realtime, and a lower nice value, want CAP_SYS_NICE: EPERM, EACCES",
      DECLARED("2.0", "sched(7)"))
{
	const struct rlimit none = { 0, 0 };
	pid_t pid = spawn();

	if (pid == 0) {
		NEED(setrlimit(RLIMIT_RTPRIO, &none));
		NEED(setrlimit(RLIMIT_NICE, &none));
		lose_privileges();
		PROMISE_FAILS(set_attr(0, (struct attr){ .policy = SCHED_FIFO, .priority = 3 }),
			      EPERM);
		NEED(setpriority(PRIO_PROCESS, 0, 19));
		PROMISE_FAILS(setpriority(PRIO_PROCESS, 0, 18), EACCES);
		PROMISE_EQ(getpriority(PRIO_PROCESS, 0), 19);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(deadline, .what = "the three times of a deadline task read back; no child has them",
      DECLARED("3.14", "sched_setattr(2)"),
      .capability = "CAP_SYS_NICE in the initial user namespace")
{
	const struct attr want = { .policy = SCHED_DEADLINE_,
				   .runtime = 1000 * 1000,
				   .deadline = 50 * 1000 * 1000,
				   .period = 100 * 1000 * 1000 };
	pid_t pid = spawn_idle();
	struct attr a;

	if (set_attr(pid, want) < 0 && errno == EBUSY)
		MACHINE_LACKS("there is no CPU time left to promise a task");
	/* A root domain with fewer CPUs than the task may use: cpusets. */
	if (set_attr(pid, want) < 0 && errno == EPERM && have_cap(CAP_SYS_NICE) && in_init_userns())
		FORBIDDEN("no deadline tasks in this cgroup or cpuset");
	NEED(set_attr(pid, want));
	NEED(get_attr(pid, &a));
	PROMISE_EQ(a.policy, want.policy);
	PROMISE_EQ(a.runtime, want.runtime);
	PROMISE_EQ(a.deadline, want.deadline);
	PROMISE_EQ(a.period, want.period);
	PROMISE_FAILS(set_attr(pid, (struct attr){ .policy = SCHED_DEADLINE_,
						   .runtime = 5000000,
						   .deadline = 4000000,
						   .period = 6000000 }),
		      EINVAL);
}

PROBE(attr_size, .what = "the attributes of sched_getattr are as long as we know them",
      DECLARED("5.3", "sched_setattr(2)"))
{
	union {
		struct attr known;
		unsigned char bytes[256];
	} a = {};

	NEED(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0));
	PROMISE_GE(a.known.size, 48);
	if (a.known.size > sizeof(a.known))
		NEW("sched_attr has %u bytes", a.known.size);
	PROMISE_FAILS(syscall(SYS_sched_getattr, 0, &a, 20, 0), EINVAL);
}

PROBE(autogroup, .what = "each session has an autogroup, whose nice value is told and set",
      .since = "2.6.38", .commit = "5091faa449ee", .kconfig = "CONFIG_SCHED_AUTOGROUP",
      .source = "sched(7)")
{
	unsigned int mine, theirs;
	int nice;
	pid_t pid;

	NEED(sscanf(OFFERED(slurp("/proc/self/autogroup"), "autogroup", ENOENT),
		    "/autogroup-%u nice %d", &mine, &nice) == 2
		     ? 0
		     : -1);
	NEED(write_text("5", "/proc/self/autogroup"));
	pid = spawn();
	if (pid == 0) {
		/* The same, until there is a session of its own. */
		PROMISE_EQ(sscanf(NEED(slurp("/proc/self/autogroup")), "/autogroup-%u nice %d",
				  &theirs, &nice),
			   2);
		PROMISE_EQ(theirs, mine);
		PROMISE_EQ(nice, 5);
		NEED(setsid());
		PROMISE_EQ(sscanf(NEED(slurp("/proc/self/autogroup")), "/autogroup-%u nice %d",
				  &theirs, &nice),
			   2);
		PROMISE_NE(theirs, mine);
		PROMISE_EQ(nice, 0);
		lose_privileges();
		PROMISE_FAILS(write_text("-5", "/proc/self/autogroup"), EPERM, EACCES);
		_exit(0);
	}
	reap_good(pid);
}

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE          62
#define PR_SCHED_CORE_GET      0
#define PR_SCHED_CORE_CREATE   1
#define PR_SCHED_CORE_SHARE_TO 2
#endif

PROBE(core_cookie,
      .what = "tasks of one core scheduling group have one cookie, others another or none",
      .since = "5.14", .commit = "7ac592aa35a6", .kconfig = "CONFIG_SCHED_CORE",
      .source = "Documentation/admin-guide/hw-vuln/core-scheduling.rst")
{
	unsigned long mine = 77, theirs = 77;
	pid_t before, after;
	char *smt;

	before = spawn_idle();
	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, &mine) < 0 && errno == ENODEV) {
		smt = slurp("/sys/devices/system/cpu/smt/active");
		PROMISE(!smt || atoi(smt) == 0);
		MACHINE_LACKS("no CPU here runs two tasks at once");
	}
	OFFERED(prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, &mine), "PR_SCHED_CORE", EINVAL);
	PROMISE_EQ(mine, 0);
	NEED(prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, 0, 0));
	NEED(prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, &mine));
	PROMISE_NE(mine, 0);
	after = spawn_idle();
	NEED(prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, after, 0, &theirs));
	PROMISE_EQ(theirs, mine);
	NEED(prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, before, 0, &theirs));
	PROMISE_EQ(theirs, 0);
	NEED(prctl(PR_SCHED_CORE, PR_SCHED_CORE_SHARE_TO, before, 0, 0));
	NEED(prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, before, 0, &theirs));
	PROMISE_EQ(theirs, mine);
}

PROBE(clamps, .what = "the utilization a task is taken to have at least and at most reads back",
      .since = "5.3", .commit = "a509a7cd7974", .kconfig = "CONFIG_UCLAMP_TASK",
      .source = "sched_setattr(2)")
{
	struct attr a = { .flags = 0x08 | 0x20 | 0x40, .util_min = 100, .util_max = 900 }, got = {};

	a.size = sizeof(a);
	OFFERED((int)syscall(SYS_sched_setattr, 0, &a, 0), "clamps of utilization", EOPNOTSUPP,
		EINVAL);
	NEED(get_attr(0, &got));
	PROMISE_EQ(got.size, sizeof(got));
	PROMISE_EQ(got.util_min, 100);
	PROMISE_EQ(got.util_max, 900);
}

GAP(runtime, .what = "nobody sets how much a task has run, or has left of what was promised it",
    .source = "sched_setattr(2), proc_pid_sched(5)")
{
	struct attr a;

	TRIED_TO("write schedstat", write_text("0 0 0", "/proc/self/schedstat"));
	for (unsigned int flag = 1; flag < 8; flag <<= 1)
		TRIED_TO("sched_getattr with a flag",
			 syscall(SYS_sched_getattr, 0, &a, sizeof(a), flag));
}

GAP(accounting, .what = "nobody sets the times, faults and bytes a task has been counted",
    .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_stat(5), getrusage(2)")
{
	TRIED_TO("write stat", write_text("14 5", "/proc/self/stat"));
	TRIED_TO("write status", write_text("voluntary_ctxt_switches: 5", "/proc/self/status"));
	if (access("/proc/self/io", F_OK) == 0)
		TRIED_TO("write io", write_text("rchar: 5", "/proc/self/io"));
}
