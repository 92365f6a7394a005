// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/clear_refs: setting back what memory has been used since. */
#include <sys/prctl.h>

#include "probe.h"

#define DECLARED(release, id)                                                                      \
	.since = release, .commit = id, .kconfig = "CONFIG_PROC_PAGE_MONITOR",                     \
	.source = "proc_pid_clear_refs(5)"

static long kib(const char *field)
{
	return atol(NEED(status_field(0, field)));
}

PROBE(referenced, .what = "clear_refs 1 sets back which pages are told as referenced",
      .since = "2.6.22", .kconfig = "CONFIG_PROC_PAGE_MONITOR", .source = "proc_pid_clear_refs(5)")
{
	char *p = pages(16), range[64], *text, *at;
	long was, now;

	for (int i = 0; i < 2; i++) {
		text = NEED(slurp("/proc/self/smaps"));
		snprintf(range, sizeof(range), "%lx-%lx ", (long)p, (long)p + 16 * page_size());
		at = strstr(text, range);
		/* It may have grown together with a neighbour. */
		if (!at)
			BROKEN("smaps has no mapping of its own for these pages");
		at = NEED(strstr(at, "Referenced:"));
		if (i == 0) {
			was = atol(at + 11);
			NEED(write_text("1", "/proc/self/clear_refs"));
		}
	}
	now = atol(at + 11);
	PROMISE_GT(was, now);
}

PROBE(peak, .what = "clear_refs 5 sets the peak of resident memory back to what there is",
      DECLARED("4.0", "695f05593693"))
{
	const size_t size = 8 << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long high;

	memset(NEED(p), 1, size);
	NEED(munmap(p, size));
	high = kib("VmHWM");
	OFFERED(write_text("5", "/proc/self/clear_refs"), "clear_refs 5", EINVAL);
	PROMISE_LT(kib("VmHWM"), high - 4096);
}

PROBE(refusals, .what = "clear_refs takes 1 to 5, from who may trace the task", .since = "2.6.22",
      .kconfig = "CONFIG_PROC_PAGE_MONITOR", .source = "proc_pid_clear_refs(5)")
{
	pid_t secretive = spawn(), asker;

	if (secretive == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 0));
		reach(1);
		linger();
	}
	await(1);
	PROMISE_FAILS(write_text("0", "/proc/self/clear_refs"), EINVAL);
	PROMISE_FAILS(write_text("6", "/proc/self/clear_refs"), EINVAL);
	asker = spawn();
	if (asker == 0) {
		lose_privileges();
		PROMISE_FAILS(write_text("1", "/proc/%d/clear_refs", secretive), EACCES);
		_exit(0);
	}
	reap_good(asker);
}
