// SPDX-License-Identifier: GPL-2.0-only
/*
 * A segment of a process's own making, in its local descriptor table, and loaded into GS by one
 * thread. The table is asked for by a call of the process itself; no file of /proc tells of it.
 * criu 4.2 loses it.
 */
#include <asm/ldt.h>

#include "zdtm.h"

#define ENTRY    5
#define SELECTOR (ENTRY << 3 | 4 | 3) /* of the LDT, as user */

enum { READ = 0, WRITE = 0x11 };
enum { READY, GO };

static struct {
	pthread_t thread;
	uint64_t table[ENTRY + 1];
	uint32_t *data;
} was;

static void read_table(uint64_t to[ENTRY + 1])
{
	memset(to, 0, sizeof(was.table));
	SYS(syscall(SYS_modify_ldt, READ, to, sizeof(was.table)));
}

static void thread(long unused)
{
	uint32_t seen = 0;
	uint16_t gs;

	asm volatile("mov %0, %%gs" : : "r"((uint16_t)SELECTOR));
	t_wake(READY);
	t_wait(GO);
	asm volatile("mov %%gs, %0" : "=r"(gs));
	/* Through what is not there any more we would die. */
	if (EXPECT_EQ(gs, SELECTOR))
		asm volatile("mov %%gs:12, %0" : "=r"(seen));
	EXPECT_EQ(seen, 4711);
}

static void setup(void)
{
	struct user_desc desc = {
		.entry_number = ENTRY,
		.limit = 4095,
		.seg_32bit = 1,
		.useable = 1,
	};

	was.data = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
	was.data[3] = 4711;
	desc.base_addr = (uintptr_t)was.data;
	/* Until then there is no table, and nothing to read. */
	if (syscall(SYS_modify_ldt, WRITE, &desc, sizeof(desc)))
		t_skip("modify_ldt: %s", strerror(errno));
	read_table(was.table);
	was.thread = t_thread(thread, 0);
	t_wait(READY);
}

static void check(void)
{
	uint64_t now[ENTRY + 1];

	EXPECT_NE(was.table[ENTRY], 0);
	read_table(now);
	EXPECT_MEM(now, was.table, sizeof(now));
	t_wake(GO);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "a local descriptor table, and a segment of it in use",
	.object = "mm",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
