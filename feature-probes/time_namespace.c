// SPDX-License-Identifier: GPL-2.0-only
/* Time namespaces: clocks that go on where they stood when a tree was dumped. */
#include <linux/sched.h>
#include <sched.h>
#include <time.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "5.6", .kconfig = "CONFIG_TIME_NS", .capability = "CAP_SYS_ADMIN",                \
	.source = "time_namespaces(7)"

/* Makes one, for the children of the caller. */
static void own_time(void)
{
	if (unshare(CLONE_NEWTIME) == 0)
		return;
	need_privilege("CAP_SYS_ADMIN");
	OFFERED(-1, "time namespaces", EINVAL);
}

static int64_t seconds(clockid_t clock)
{
	struct timespec now;

	/* The system call, which does not ask the vdso. */
	NEED(syscall(SYS_clock_gettime, clock, &now));
	return now.tv_sec;
}

static int64_t vdso_seconds(clockid_t clock)
{
	struct timespec now;

	NEED(clock_gettime(clock, &now));
	return now.tv_sec;
}

/* The same moment twice: read one after the other they are a second apart at most. */
#define PROMISE_NEAR(a, b)                                                                         \
	do {                                                                                       \
		int64_t near_a_ = (a), near_b_ = (b);                                              \
		if (near_a_ - near_b_ > 2 || near_b_ - near_a_ > 2)                                \
			DEVIATES("%s is %ld, not about %ld", #a, near_a_, near_b_);                \
	} while (0)

static void set_offsets(const char *text)
{
	if (write_text(text, "/proc/self/timens_offsets") == 0)
		return;
	need_privilege("CAP_SYS_TIME");
	NEED(-1);
}

PROBE(offsets, .what = "the monotonic and boot clocks of a time namespace run by its offsets",
      DECLARED, .commit = "04a8682a71be", .guards = "el8-timens-partial")
{
	int64_t mono = seconds(CLOCK_MONOTONIC), boot = seconds(CLOCK_BOOTTIME),
		real = seconds(CLOCK_REALTIME);
	pid_t pid;

	own_time();
	set_offsets("monotonic 1000000 0\nboottime 2000000 0\n");
	/* Whoever made it stays outside. */
	PROMISE_NEAR(seconds(CLOCK_MONOTONIC), mono);
	pid = spawn();
	if (pid == 0) {
		PROMISE_NEAR(seconds(CLOCK_MONOTONIC), mono + 1000000);
		PROMISE_NEAR(seconds(CLOCK_MONOTONIC_COARSE), mono + 1000000);
		PROMISE_NEAR(seconds(CLOCK_MONOTONIC_RAW), mono + 1000000);
		PROMISE_NEAR(seconds(CLOCK_BOOTTIME), boot + 2000000);
		PROMISE_NEAR(seconds(CLOCK_REALTIME), real);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(vdso, .what = "the vdso tells the time of the time namespace, as the system call does",
      DECLARED, .guards = "el8-timens-partial")
{
	pid_t pid;

	own_time();
	set_offsets("monotonic 1000000 0\nboottime 2000000 0\n");
	pid = spawn();
	if (pid == 0) {
		PROMISE_NEAR(vdso_seconds(CLOCK_MONOTONIC), seconds(CLOCK_MONOTONIC));
		PROMISE_NEAR(vdso_seconds(CLOCK_MONOTONIC_COARSE), seconds(CLOCK_MONOTONIC));
		PROMISE_NEAR(vdso_seconds(CLOCK_BOOTTIME), seconds(CLOCK_BOOTTIME));
		_exit(0);
	}
	reap_good(pid);
}

PROBE(sleep, .what = "an absolute time to wake at is one of the namespace's own clock", DECLARED)
{
	const struct timespec past = { .tv_sec = 1000000 };
	struct timespec now;
	uint64_t began;
	pid_t pid;

	own_time();
	set_offsets("monotonic 1000000 0\n");
	pid = spawn();
	if (pid == 0) {
		/* Outside it will not be that late for another eleven days. */
		NEED(-clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
		began = now_ms();
		NEED(clock_gettime(CLOCK_MONOTONIC, &now));
		now.tv_nsec += 10 * 1000 * 1000;
		if (now.tv_nsec >= 1000 * 1000 * 1000) {
			now.tv_sec++;
			now.tv_nsec -= 1000 * 1000 * 1000;
		}
		NEED(-clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL));
		PROMISE_GE(now_ms() - began, 9);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(offsets_once, .what = "offsets are set until the first task is there: EACCES from then on",
      DECLARED, .commit = "04a8682a71be")
{
	char *text;
	long s, ns;

	own_time();
	set_offsets("monotonic 5 0\n");
	set_offsets("monotonic 7 300\n");
	text = NEED(slurp("/proc/self/timens_offsets"));
	PROMISE_EQ(sscanf(text, "monotonic %ld %ld", &s, &ns), 2);
	PROMISE_EQ(s, 7);
	PROMISE_EQ(ns, 300);
	PROMISE(strstr(text, "\nboottime"));
	spawn_idle();
	PROMISE_FAILS(write_text("monotonic 9 0", "/proc/self/timens_offsets"), EACCES);
}

PROBE(offsets_refusals, .what = "offsets are refused that name no such clock or lead before 0",
      DECLARED, .commit = "04a8682a71be")
{
	own_time();
	set_offsets("monotonic 1 0\n");
	PROMISE_FAILS(write_text("monotonic -999999999 0", "/proc/self/timens_offsets"), ERANGE);
	PROMISE_FAILS(write_text("monotonic 1 1000000000", "/proc/self/timens_offsets"), EINVAL);
	PROMISE_FAILS(write_text("tai 1 0", "/proc/self/timens_offsets"), EINVAL);
	PROMISE_FAILS(write_text("monotonic", "/proc/self/timens_offsets"), EINVAL);
}

PROBE(offsets_refused, .what = "offsets are set by who has CAP_SYS_TIME: EPERM", .since = "5.6",
      .commit = "04a8682a71be", .kconfig = "CONFIG_TIME_NS", .capability = "CAP_SYS_ADMIN",
      .source = "time_namespaces(7)")
{
	pid_t asker;
	int fd;

	own_time();
	fd = OFFERED(open("/proc/self/timens_offsets", O_WRONLY), "timens_offsets", ENOENT);
	asker = spawn();
	if (asker == 0) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/timens_offsets", getppid());
		lose_privileges();
		PROMISE_FAILS(open(path, O_WRONLY), EACCES);
		PROMISE_FAILS(write(fd, "monotonic 1 0", 13), EPERM, EACCES);
		_exit(0);
	}
	reap_good(asker);
}

PROBE(links, .what = "a task and its children may be in two time namespaces, as the links tell",
      DECLARED, .commit = "769071ac9f20")
{
	char *was = strdup(link_text("/proc/self/ns/time")), *next;
	pid_t pid;

	own_time();
	PROMISE_STR(link_text("/proc/self/ns/time"), was);
	next = strdup(link_text("/proc/self/ns/time_for_children"));
	PROMISE_NE(strcmp(next, was), 0);
	pid = spawn_idle();
	PROMISE_STR(link_text("/proc/%d/ns/time", pid), next);
	PROMISE_STR(link_text("/proc/%d/ns/time_for_children", pid), next);
}

PROBE(enter, .what = "setns enters a time namespace, and its clocks with it", DECLARED,
      .commit = "769071ac9f20", .guards = "el8-timens-partial")
{
	int64_t mono = seconds(CLOCK_MONOTONIC);
	pid_t member, pid;

	/* In a child, so that we stay outside, where children of ours will be. */
	pid = spawn();
	if (pid == 0) {
		int fd;

		own_time();
		set_offsets("monotonic 1000000 0\n");
		member = spawn_idle();
		fd = NEED(open("/proc/self/ns/time_for_children", O_RDONLY));
		NEED(setns(fd, CLONE_NEWTIME));
		PROMISE_STR(link_text("/proc/self/ns/time"), link_text("/proc/%d/ns/time", member));
		PROMISE_NEAR(seconds(CLOCK_MONOTONIC), mono + 1000000);
		PROMISE_NEAR(vdso_seconds(CLOCK_MONOTONIC), mono + 1000000);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(clone3, .what = "clone3 makes a task in a time namespace of its own, offsets still to be set",
      .since = "5.7", .commit = "f2a8d52e0a4d", .kconfig = "CONFIG_TIME_NS",
      .capability = "CAP_SYS_ADMIN", .source = "clone(2)")
{
	struct clone_args args = { .flags = CLONE_NEWTIME, .exit_signal = SIGCHLD };
	pid_t pid = OFFERED(syscall(SYS_clone3, &args, sizeof(args)), "clone3 of CLONE_NEWTIME",
			    EINVAL);

	if (pid == 0)
		linger();
	PROMISE_NE(strcmp(link_text("/proc/%d/ns/time_for_children", pid),
			  link_text("/proc/self/ns/time")),
		   0);
}

PROBE(uptime, .what = "/proc/uptime is told by the boot clock of its reader", DECLARED)
{
	double up = atof(NEED(slurp("/proc/uptime")));
	pid_t pid;

	own_time();
	set_offsets("boottime 2000000 0\n");
	pid = spawn();
	if (pid == 0) {
		PROMISE_NEAR((int64_t)atof(NEED(slurp("/proc/uptime"))), (int64_t)up + 2000000);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(start_times, .what = "when a task was started is told by the boot clock of who asks",
      .since = "5.11", .kconfig = "CONFIG_TIME_NS", .capability = "CAP_SYS_ADMIN",
      .source = "time_namespaces(7), fs/proc/array.c")
{
	long ticks = sysconf(_SC_CLK_TCK), start = atol(NEED(stat_field(0, 22))) / ticks;
	pid_t outside = getpid(), pid;

	own_time();
	set_offsets("boottime 2000000 0\n");
	pid = spawn();
	if (pid == 0) {
		long seen = atol(NEED(stat_field(outside, 22))) / ticks;

		if (seen == start)
			ABSENT("start times are told by the clock of the machine");
		PROMISE_NEAR(seen, start + 2000000);
		_exit(0);
	}
	reap_good(pid);
}

GAP(boot_id, .what = "no time namespace has a boot id or a real time of its own",
    .kconfig = "CONFIG_TIME_NS", .source = "time_namespaces(7)")
{
	own_time();
	TRIED_TO("an offset of realtime", write_text("realtime 5 0", "/proc/self/timens_offsets"));
	TRIED_TO("an offset of tai", write_text("tai 5 0", "/proc/self/timens_offsets"));
	if (spawn() == 0)
		linger();
	TRIED_TO("write kernel/random/boot_id", write_text("00000000-0000-4000-8000-000000000000",
							   "/proc/sys/kernel/random/boot_id"));
}

GAP(start_time, .what = "nobody sets the time a task was started at", .source = "proc_pid_stat(5)")
{
	TRIED_TO("write stat", write_text("22 5", "/proc/self/stat"));
}
