// SPDX-License-Identifier: GPL-2.0-only
/* Uprobes, which leave their marks in a task's memory. */
#include <linux/perf_event.h>

#include "probe.h"

/* Where it is put: a page of its own would do, but text has to be of a file. */
static __attribute__((noinline)) int marked(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

PROBE(mapping,
      .what = "a task that has run into a uprobe has memory for it, with a name of its own",
      .since = "3.5", .commit = "d4b3b6384f98",
      .kconfig = "CONFIG_UPROBES CONFIG_UPROBE_EVENTS CONFIG_PERF_EVENTS",
      .capability = "CAP_SYS_ADMIN or CAP_PERFMON in the initial user namespace",
      .source = "kernel/events/uprobes.c", .guards = "uprobes-vma")
{
	char *type = slurp("/sys/bus/event_source/devices/uprobe/type");
	unsigned char before = *(volatile unsigned char *)marked, now;
	struct perf_event_attr attr = { .size = sizeof(attr) };
	struct vma text, *all;
	bool named = false;
	int fd, n;

	need_privilege("CAP_SYS_ADMIN or CAP_PERFMON in the initial user namespace");
	if (!type && access("/sys/bus", F_OK) < 0)
		MACHINE_LACKS("no /sys to read from what kind of event a uprobe is");
	attr.type = atoi(OFFERED(type, "uprobes as perf events", ENOENT));
	NEED(vma_at(0, marked, &text));
	attr.uprobe_path = (uintptr_t) "/proc/self/exe";
	attr.probe_offset = (uintptr_t)marked - text.start + text.pgoff;
	fd = OFFERED(syscall(SYS_perf_event_open, &attr, getpid(), -1, -1, PERF_FLAG_FD_CLOEXEC),
		     "uprobe", EOPNOTSUPP, ENOENT);
	PROMISE_EQ(marked(6), 7);
	n = NEED(vma_all(0, &all));
	for (int i = 0; i < n; i++)
		named |= str_after(all[i].name, "[uprobes") != NULL;
	PROMISE(named);
	/* The text is not what the file has: a dump that took it as such would restore a trap. */
	now = *(volatile unsigned char *)marked;
	PROMISE_NE(now, before);
	close(fd);
	now = *(volatile unsigned char *)marked;
	if (now != before)
		NOTE("the mark stays in the text for a while after the probe is gone");
}
