// SPDX-License-Identifier: GPL-2.0-only
/* Timer descriptors: what fdinfo tells, and setting the count of ticks. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>

#include "probe.h"

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif

#define FDINFO                                                                                     \
	.since = "3.17", .commit = "af9c4957cf21", .kconfig = "CONFIG_TIMERFD CONFIG_PROC_FS",     \
	.source = "proc_pid_fdinfo(5), fs/timerfd.c"

static char *line(int fd, const char *key)
{
	return OFFERED(fdinfo_field(0, fd, key), "timer lines in fdinfo", ENODATA);
}

PROBE(fdinfo, .what = "fdinfo tells clock, flags, what is left, and the interval of a timerfd",
      FDINFO)
{
	struct itimerspec set = { .it_value = { 500, 0 }, .it_interval = { 3, 4 } };
	int fd = NEED(timerfd_create(CLOCK_BOOTTIME, 0)), sec, nsec;

	PROMISE_EQ(atoi(line(fd, "clockid")), CLOCK_BOOTTIME);
	PROMISE_EQ(atoi(line(fd, "ticks")), 0);
	PROMISE_STR(line(fd, "it_value"), "(0, 0)");
	NEED(timerfd_settime(fd, 0, &set, NULL));
	PROMISE_EQ(sscanf(line(fd, "it_value"), "(%d, %d)", &sec, &nsec), 2);
	PROMISE(sec == 499 || sec == 500);
	PROMISE_STR(line(fd, "it_interval"), "(3, 4)");
	PROMISE_EQ(strtol(line(fd, "settime flags"), NULL, 8), 0);
}

PROBE(fdinfo_flags, .what = "fdinfo tells a timerfd set to an absolute time, by what is left of it",
      FDINFO)
{
	struct itimerspec set = {};
	int fd = NEED(timerfd_create(CLOCK_REALTIME, 0)), sec, nsec;

	NEED(clock_gettime(CLOCK_REALTIME, &set.it_value));
	set.it_value.tv_sec += 300;
	NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &set, NULL));
	PROMISE_EQ(strtol(line(fd, "settime flags"), NULL, 8),
		   TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	PROMISE_EQ(sscanf(line(fd, "it_value"), "(%d, %d)", &sec, &nsec), 2);
	PROMISE(sec >= 298 && sec <= 300);
}

PROBE(ticks, .what = "fdinfo counts the expirations nobody has read", FDINFO)
{
	struct itimerspec set = { .it_value = { 0, 1 }, .it_interval = { 0, 2000000 } };
	int fd = NEED(timerfd_create(CLOCK_MONOTONIC, 0));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t told, got;

	NEED(timerfd_settime(fd, 0, &set, NULL));
	PROMISE_EQ(NEED(poll(&p, 1, 3000)), 1);
	told = strtoull(line(fd, "ticks"), NULL, 10);
	PROMISE_GE(told, 1);
	PROMISE_EQ(NEED(read(fd, &got, 8)), 8);
	PROMISE_GE(got, told);
}

#define SET_TICKS                                                                                  \
	.since = "3.17", .commit = "5442e9fbd7c2",                                                 \
	.kconfig = "CONFIG_TIMERFD CONFIG_CHECKPOINT_RESTORE",                                     \
	.source = "timerfd_create(2), fs/timerfd.c"

PROBE(set_ticks, .what = "TFD_IOC_SET_TICKS sets the count that the next read gives", SET_TICKS)
{
	int fd = NEED(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t ticks = 0x100000007, got = 0;

	OFFERED(ioctl(fd, TFD_IOC_SET_TICKS, &ticks), "TFD_IOC_SET_TICKS", ENOTTY);
	PROMISE_EQ(strtoull(line(fd, "ticks"), NULL, 10), ticks);
	PROMISE_EQ(NEED(poll(&p, 1, 0)), 1);
	PROMISE_EQ(NEED(read(fd, &got, 8)), 8);
	PROMISE_EQ(got, ticks);
	PROMISE_FAILS(read(fd, &got, 8), EAGAIN);
	ticks = 0;
	PROMISE_FAILS(ioctl(fd, TFD_IOC_SET_TICKS, &ticks), EINVAL);
}

PROBE(set_ticks_waiter, .what = "TFD_IOC_SET_TICKS wakes a task that waits to read", SET_TICKS)
{
	int fd = NEED(timerfd_create(CLOCK_MONOTONIC, 0));
	uint64_t ticks = 3, got;
	pid_t pid = spawn();

	if (pid == 0) {
		reach(1);
		PROMISE_EQ(NEED(read(fd, &got, 8)), 8);
		PROMISE_EQ(got, 3);
		_exit(0);
	}
	await(1);
	until_state(pid, 'S');
	OFFERED(ioctl(fd, TFD_IOC_SET_TICKS, &ticks), "TFD_IOC_SET_TICKS", ENOTTY);
	reap_good(pid);
}
