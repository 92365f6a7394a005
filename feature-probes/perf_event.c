// SPDX-License-Identifier: GPL-2.0-only
/* Perf events: counters that run, and tell nothing of what they count. */
#include <linux/perf_event.h>
#include <sys/ioctl.h>

#include "probe.h"

#define DECLARED .since = "2.6.31", .kconfig = "CONFIG_PERF_EVENTS", .source = "perf_event_open(2)"

static int open_event(uint32_t type, uint64_t config)
{
	struct perf_event_attr attr = { .type = type,
					.size = sizeof(attr),
					.config = config,
					.exclude_kernel = 1,
					.exclude_hv = 1,
					.disabled = 1 };
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	char *paranoid;

	if (fd >= 0 || (errno != EACCES && errno != EPERM))
		return OFFERED(fd, "perf_event_open", ENOENT, EOPNOTSUPP);
	paranoid = slurp("/proc/sys/kernel/perf_event_paranoid");
	if (paranoid && atoi(paranoid) > 2)
		FORBIDDEN("kernel.perf_event_paranoid is %d", atoi(paranoid));
	return NEED(fd);
}

static uint64_t count(int fd)
{
	uint64_t value;

	PROMISE_EQ(NEED(read(fd, &value, sizeof(value))), sizeof(value));
	return value;
}

PROBE(counter, .what = "a counter runs while it is on, is read, reset, and has an id of its own",
      DECLARED)
{
	int fd = open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK), other;
	uint64_t id = 0, other_id = 0, was;

	PROMISE_STR(link_text("/proc/self/fd/%d", fd), "anon_inode:[perf_event]");
	PROMISE_EQ(count(fd), 0);
	NEED(ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	for (volatile int i = 0; i < 1000000; i++)
		;
	NEED(ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
	was = count(fd);
	PROMISE_GT(was, 0);
	PROMISE_EQ(count(fd), was);
	NEED(ioctl(fd, PERF_EVENT_IOC_RESET, 0));
	PROMISE_EQ(count(fd), 0);
	other = open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK);
	NEED(ioctl(fd, PERF_EVENT_IOC_ID, &id));
	NEED(ioctl(other, PERF_EVENT_IOC_ID, &other_id));
	PROMISE_NE(id, 0);
	PROMISE_NE(id, other_id);
}

PROBE(fdinfo, .what = "fdinfo tells type and configuration of a perf event", .since = "7.2",
      .kconfig = "CONFIG_PERF_EVENTS CONFIG_PROC_FS", .source = "kernel/events/core.c")
{
	int fd = open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS);

	PROMISE_EQ(atoi(OFFERED(fdinfo_field(0, fd, "perf_event_attr.type"),
				"perf_event_attr in fdinfo", ENODATA)),
		   PERF_TYPE_SOFTWARE);
	PROMISE_EQ(strtol(NEED(fdinfo_field(0, fd, "perf_event_attr.config")), NULL, 0),
		   PERF_COUNT_SW_PAGE_FAULTS);
}

GAP(attributes, .what = "nobody tells of whom a perf event counts, and with which attributes",
    .kconfig = "CONFIG_PERF_EVENTS", .source = "perf_event_open(2)")
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK,
					.exclude_kernel = 1,
					.exclude_hv = 1,
					.disabled = 1,
					.inherit = 1,
					.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED,
					.sample_period = 123456 };
	int without = open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK),
	    with = NEED(syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
	uint64_t bytes[32] = {};

	tried_files(with, without);
	/* The numbers of ioctls on events behind those there are. */
	TRIED_TO("an ioctl unknown yet", ioctl(with, _IOR('$', 12, uint64_t[32]), bytes));
	TRIED_TO("an ioctl unknown yet", ioctl(with, _IOR('$', 13, uint64_t[32]), bytes));
}
