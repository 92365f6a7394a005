// SPDX-License-Identifier: GPL-2.0-only
/* Segments of a task's own: the local descriptor table, and three of the global one. */
#include <asm/ldt.h>
#include <sys/ptrace.h>

#include "probe.h"

#define PTRACE_GET_THREAD_AREA_ 25

#define DECLARED .since = "2.0", .kconfig = "CONFIG_MODIFY_LDT_SYSCALL", .source = "modify_ldt(2)"

enum { READ = 0, WRITE = 0x11 };

static int modify_ldt_(int func, void *at, unsigned long size)
{
	/* What it returns is 32 bits wide even so, which the C library takes for a success. */
	int r = syscall(SYS_modify_ldt, func, at, size);

	if (r < 0 && r > -4096) {
		errno = -r;
		return -1;
	}
	return r;
}

static struct user_desc segment(unsigned int entry, unsigned int limit)
{
	return (struct user_desc){ .entry_number = entry,
				   .base_addr = 0x12345000,
				   .limit = limit,
				   .seg_32bit = 1,
				   .contents = MODIFY_LDT_CONTENTS_DATA,
				   .limit_in_pages = 0,
				   .useable = 1 };
}

static void set(unsigned int entry, unsigned int limit)
{
	struct user_desc d = segment(entry, limit);

	OFFERED(modify_ldt_(WRITE, &d, sizeof(d)), "modify_ldt");
}

PROBE(round_trip, .what = "descriptors written to the LDT are read back as they are in memory",
      DECLARED)
{
	uint64_t table[8] = {};
	int n;

	set(3, 0xfff);
	n = NEED(modify_ldt_(READ, table, sizeof(table)));
	PROMISE_GE(n, 4 * 8);
	PROMISE_EQ(table[0], 0);
	/* The limit, and the base in its three pieces. */
	PROMISE_EQ(table[3] & 0xffff, 0xfff);
	PROMISE_EQ((table[3] >> 16 & 0xffffff) | table[3] >> 56 << 24, 0x12345000);
	/* Present, a data segment, and of user privilege. */
	PROMISE_EQ(table[3] >> 40 & 0xf0, 0xf0);
	PROMISE_FAILS(modify_ldt_(WRITE, table, 5), EINVAL);
}

PROBE(inherited, .what = "a child has a copy of the LDT", DECLARED)
{
	uint64_t table[8] = {};
	pid_t pid;

	set(3, 0xfff);
	pid = spawn();
	if (pid == 0) {
		NEED(modify_ldt_(READ, table, sizeof(table)));
		PROMISE_EQ(table[3] & 0xffff, 0xfff);
		set(3, 0x777);
		reach(1);
		linger();
	}
	await(1);
	NEED(modify_ldt_(READ, table, sizeof(table)));
	PROMISE_EQ(table[3] & 0xffff, 0xfff);
}

static pid_t spawn_with(unsigned int limit, int stage)
{
	pid_t pid = spawn();

	if (pid == 0) {
		set(3, limit);
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

GAP(remote, .what = "nobody reads the LDT of another task", .kconfig = "CONFIG_MODIFY_LDT_SYSCALL",
    .source = "modify_ldt(2)")
{
	pid_t with = spawn_with(0xfff, 1);
	struct user_desc d = {};

	tried_tasks(with, spawn_with(0x777, 2));
	seize_stopped(with, 0);
	TRIED_TO("PTRACE_GET_THREAD_AREA", ptrace(PTRACE_GET_THREAD_AREA_, with, 3, &d));
}
