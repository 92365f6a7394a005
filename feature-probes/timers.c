// SPDX-License-Identifier: GPL-2.0-only
/* POSIX and interval timers: telling what there is, and making it again. */
#include <sys/time.h>
#include <time.h>

#include "probe.h"
#include "uapi/prctl.h"

/* The system calls: the C library has timer ids of its own. */
static int create(clockid_t clock, struct sigevent *ev, int *id)
{
	return syscall(SYS_timer_create, clock, ev, id);
}

static int plain_timer(int *id)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };

	return create(CLOCK_MONOTONIC, &ev, id);
}

static int delete_timer(int id)
{
	return syscall(SYS_timer_delete, id);
}

#define LISTING                                                                                    \
	.since = "3.10", .commit = "48f6a7a511ef",                                                 \
	.kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_POSIX_TIMERS",                                \
	.source = "proc_pid_timers(5), fs/proc/base.c"

/* The four lines of one timer in /proc/PID/timers. */
static const char *timer_text(pid_t pid, int id)
{
	char *all = OFFERED(slurp("/proc/%d/timers", pid), "/proc/PID/timers", ENOENT);
	char *text = NULL;

	for (char *at = all, *next; at && *at; at = next) {
		next = strstr(at, "\nID: ");
		if (next)
			*next++ = '\0';
		if (strtol(at + strlen("ID: "), NULL, 10) == id)
			text = at;
	}
	if (!text)
		DEVIATES("/proc/PID/timers lacks timer %d", id);
	if (str_ends_with(text, "\n"))
		text[strlen(text) - 1] = '\0';
	return text;
}

PROBE(list,
      .what = "/proc/PID/timers tells id, signal, value, notification and clock of each timer",
      LISTING)
{
	int *id = share(page_size());
	pid_t pid = spawn();
	char want[256];

	if (pid == 0) {
		struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
				       .sigev_signo = SIGRTMIN + 2,
				       .sigev_value.sival_ptr = (void *)0x1234abcd };

		NEED(create(CLOCK_BOOTTIME, &ev, &id[0]));
		ev.sigev_notify = SIGEV_NONE;
		NEED(create(CLOCK_REALTIME, &ev, &id[1]));
		ev.sigev_notify = SIGEV_THREAD_ID;
		ev._sigev_un._tid = gettid();
		NEED(create(CLOCK_MONOTONIC, &ev, &id[2]));
		reach(1);
		linger();
	}
	await(1);
	snprintf(want, sizeof(want), "ID: %d\nsignal: %d/%016x\nnotify: signal/pid.%d\nClockID: %d",
		 id[0], SIGRTMIN + 2, 0x1234abcd, pid, CLOCK_BOOTTIME);
	PROMISE_STR(timer_text(pid, id[0]), want);
	snprintf(want, sizeof(want), "notify: none/pid.%d\nClockID: %d", pid, CLOCK_REALTIME);
	PROMISE(strstr(timer_text(pid, id[1]), want));
	snprintf(want, sizeof(want), "notify: signal/tid.%d\nClockID: %d", pid, CLOCK_MONOTONIC);
	PROMISE(strstr(timer_text(pid, id[2]), want));
	/* A fork takes no timers along. */
	PROMISE_STR(NEED(slurp("/proc/self/timers")), "");
}

PROBE(list_fields, .what = "every line of /proc/PID/timers is one we have a word for", LISTING)
{
	char *all;
	int id;

	NEED(plain_timer(&id));
	all = OFFERED(slurp("/proc/self/timers"), "/proc/PID/timers", ENOENT);
	for_each_line(line, all) {
		line[strcspn(line, ":")] = '\0';
		if (!str_in(line, LIST("ID", "signal", "notify", "ClockID")) && !probe_told(line))
			NEW("/proc/PID/timers has a line %s", line);
	}
}

PROBE(ids_count_up, .what = "timer ids of a process count up from 0, deleted ones are not reused",
      .since = "3.10", .commit = "5ed67f05f66c", .kconfig = "CONFIG_POSIX_TIMERS",
      .source = "kernel/time/posix-timers.c", .guards = "posix-timer-id")
{
	pid_t pid = spawn();

	if (pid == 0) {
		for (int i = 0; i < 10; i++) {
			int id = -1;

			NEED(plain_timer(&id));
			PROMISE_EQ(id, i);
			if (i % 3)
				NEED(delete_timer(id));
		}
		_exit(0);
	}
	reap_good(pid);
}

#define RESTORE_IDS                                                                                \
	.since = "6.15", .commit = "ec2d0c04624b", .kconfig = "CONFIG_POSIX_TIMERS",               \
	.source = "include/uapi/linux/prctl.h, kernel/time/posix-timers.c"

static int restore_ids(int op)
{
	return prctl(PR_TIMER_CREATE_RESTORE_IDS, op, 0, 0, 0);
}

#define OFFERED_RESTORE_IDS()                                                                      \
	OFFERED(restore_ids(PR_TIMER_CREATE_RESTORE_IDS_ON), "PR_TIMER_CREATE_RESTORE_IDS", EINVAL)

static int timer_at(int id)
{
	int got = id;
	int r = plain_timer(&got);

	if (r == 0)
		PROMISE_EQ(got, id);
	return r;
}

PROBE(restore_ids, .what = "PR_TIMER_CREATE_RESTORE_IDS makes timers with the ids asked for",
      RESTORE_IDS, .guards = "posix-timer-id")
{
	int id = -1;

	OFFERED_RESTORE_IDS();
	PROMISE_EQ(NEED(restore_ids(PR_TIMER_CREATE_RESTORE_IDS_GET)), 1);
	NEED(timer_at(1000000));
	NEED(timer_at(100));
	NEED(timer_at(0));
	NEED(restore_ids(PR_TIMER_CREATE_RESTORE_IDS_OFF));
	PROMISE_EQ(NEED(restore_ids(PR_TIMER_CREATE_RESTORE_IDS_GET)), 0);
	NEED(plain_timer(&id));
	PROMISE(id != 0 && id != 100 && id != 1000000);
	NEED(delete_timer(100));
	NEED(delete_timer(1000000));
}

PROBE(restore_ids_refusals, .what = "timer ids that are taken, or are none, are refused",
      RESTORE_IDS)
{
	int id = -5;

	OFFERED_RESTORE_IDS();
	NEED(timer_at(7));
	PROMISE_FAILS(timer_at(7), EBUSY);
	PROMISE_FAILS(plain_timer(&id), EINVAL);
	PROMISE_FAILS(restore_ids(17), EINVAL);
	PROMISE_FAILS(prctl(PR_TIMER_CREATE_RESTORE_IDS, PR_TIMER_CREATE_RESTORE_IDS_ON, 1, 0, 0),
		      EINVAL);
}

PROBE(restore_ids_fork, .what = "a child does not inherit the mode that takes timer ids",
      RESTORE_IDS)
{
	pid_t pid;

	OFFERED_RESTORE_IDS();
	pid = spawn();
	if (pid == 0) {
		int id = 55;

		PROMISE_EQ(NEED(restore_ids(PR_TIMER_CREATE_RESTORE_IDS_GET)), 0);
		NEED(plain_timer(&id));
		PROMISE_NE(id, 55);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(settime, .what = "timer_gettime tells what is left of what timer_settime has set",
      .since = "2.6", .kconfig = "CONFIG_POSIX_TIMERS", .source = "timer_settime(2)")
{
	struct itimerspec set = { .it_value = { 1000, 500 }, .it_interval = { 7, 8 } }, got;
	int id;

	NEED(plain_timer(&id));
	NEED(syscall(SYS_timer_gettime, id, &got));
	PROMISE_EQ(got.it_value.tv_sec | got.it_value.tv_nsec, 0);
	NEED(syscall(SYS_timer_settime, id, 0, &set, NULL));
	NEED(syscall(SYS_timer_gettime, id, &got));
	PROMISE(got.it_value.tv_sec == 999 || got.it_value.tv_sec == 1000);
	PROMISE_EQ(got.it_interval.tv_sec, 7);
	PROMISE_EQ(got.it_interval.tv_nsec, 8);
}

PROBE(overrun, .what = "timer_getoverrun counts the periods that passed unseen", .since = "2.6",
      .kconfig = "CONFIG_POSIX_TIMERS", .source = "timer_getoverrun(2)")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec set = { .it_value = { 0, 1 } };
	struct timespec tick;
	siginfo_t info;
	sigset_t block;
	int id, over;

	/* A period shorter than a tick is a tick, where those are all a kernel's timers have. */
	NEED(clock_getres(CLOCK_MONOTONIC, &tick));
	set.it_interval.tv_nsec = MAX(1000 * 1000, tick.tv_nsec);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	NEED(sigprocmask(SIG_BLOCK, &block, NULL));
	NEED(create(CLOCK_MONOTONIC, &ev, &id));
	NEED(syscall(SYS_timer_settime, id, 0, &set, NULL));
	usleep(set.it_interval.tv_nsec / 1000 * 20);
	NEED(sigwaitinfo(&block, &info));
	PROMISE_EQ(info.si_code, SI_TIMER);
	PROMISE_EQ(info.si_timerid, id);
	over = NEED(syscall(SYS_timer_getoverrun, id));
	PROMISE_GE(over, 15);
	PROMISE_EQ(info.si_overrun, over);
}

PROBE(itimers, .what = "setitimer and getitimer round-trip, and threads but not children share",
      .since = "1.0", .source = "getitimer(2)")
{
	static const int which[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
	struct itimerval set = { .it_value = { 900, 0 }, .it_interval = { 5, 250000 } }, got;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(which); i++) {
		NEED(setitimer(which[i], &set, NULL));
		NEED(getitimer(which[i], &got));
		PROMISE(got.it_value.tv_sec >= 899 && got.it_value.tv_sec <= 900);
		PROMISE_EQ(got.it_interval.tv_sec, 5);
		PROMISE_EQ(got.it_interval.tv_usec, 250000);
	}
	pid = spawn();
	if (pid == 0) {
		NEED(getitimer(ITIMER_REAL, &got));
		PROMISE_EQ(got.it_value.tv_sec, 0);
		_exit(0);
	}
	reap_good(pid);
}

/* A timer of so many periods since it was last looked at. */
static void start_periodic(int id, long ns)
{
	struct itimerspec its = { .it_value.tv_nsec = ns, .it_interval.tv_nsec = ns };

	NEED(syscall(SYS_timer_settime, id, 0, &its, NULL));
}

GAP(overrun_told, .what = "nobody but the task reads a timer's overruns, and nobody sets them",
    .kconfig = "CONFIG_POSIX_TIMERS", .source = "timer_getoverrun(2)")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	pid_t pid[2];

	/* One has passed a thousand periods by when the other has passed none. */
	for (int i = 0; i < 2; i++) {
		pid[i] = spawn();
		if (pid[i] == 0) {
			sigset_t set;
			int id;

			sigemptyset(&set);
			sigaddset(&set, SIGRTMIN);
			NEED(sigprocmask(SIG_BLOCK, &set, NULL));
			NEED(create(CLOCK_MONOTONIC, &ev, &id));
			start_periodic(id, i ? 1000 * 1000 : 10 * 1000);
			while (!strstr(NEED(status_field(0, "ShdPnd")), "2000000"))
				usleep(1000);
			usleep(i ? 1000 : 20000);
			reach(i + 1);
			linger();
		}
		await(i + 1);
	}
	/* Whom it notifies is the only thing they differ in. */
	tried_texts("/proc/PID/timers", slurp("/proc/%d/timers", pid[0]),
		    slurp("/proc/%d/timers", pid[1]), LIST("notify:"));
}

GAP(pending, .what = "a signal of a timer that is queued again is no longer that timer's",
    .kconfig = "CONFIG_POSIX_TIMERS", .source = "kernel/time/posix-timers.c")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	const struct itimerspec stop = {};
	siginfo_t info;
	sigset_t set;
	int id, was;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	NEED(sigprocmask(SIG_BLOCK, &set, NULL));
	NEED(create(CLOCK_MONOTONIC, &ev, &id));
	start_periodic(id, 1000 * 1000);
	usleep(20000);
	NEED(sigwaitinfo(&set, &info));
	NEED(syscall(SYS_timer_settime, id, 0, &stop, NULL));
	PROMISE_EQ(info.si_code, SI_TIMER);
	was = NEED(syscall(SYS_timer_getoverrun, id));
	/* With another count: taken for the timer's own, it would be what getoverrun tells next. */
	info.si_overrun = was + 1000;
	NEED(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info));
	NEED(sigwaitinfo(&set, &info));
	if (NEED(syscall(SYS_timer_getoverrun, id)) >= was + 1000)
		NEW("an overrun that was queued is one");
	TRIED("rt_sigqueueinfo of SI_TIMER");
}
