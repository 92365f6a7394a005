// SPDX-License-Identifier: GPL-2.0-only
/* The page of old system calls at a fixed address, which is nobody's memory. */
#include <time.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6", .kconfig = "CONFIG_X86_VSYSCALL_EMULATION !CONFIG_LEGACY_VSYSCALL_NONE",   \
	.source = "arch/x86/entry/vsyscall"

static void *const page = (void *)0xffffffffff600000;

static void need_page(struct vma *v)
{
	if (vma_named(0, "[vsyscall]", v) == 0)
		return;
	if (booted_with("vsyscall=none"))
		FORBIDDEN("vsyscall=none");
	ABSENT("no [vsyscall] in maps");
}

PROBE(mapping,
      .what = "maps has [vsyscall] where it always was, and says truly whether it can be read",
      DECLARED)
{
	struct vma v;
	pid_t pid;

	need_page(&v);
	PROMISE_EQ(v.start, page);
	PROMISE_EQ(v.end, v.start + page_size());
	PROMISE_EQ(v.perms[2], 'x');
	PROMISE_EQ(v.perms[1], '-');
	pid = spawn();
	if (pid == 0) {
		(void)*(volatile char *)page;
		_exit(0);
	}
	PROMISE_EQ(reap(pid) == 0, v.perms[0] == 'r');
}

PROBE(works, .what = "the calls in it work, from wherever they are made", DECLARED)
{
	/* time() is the second of the three. */
	time_t (*get_time)(time_t *) = (time_t(*)(time_t *))((char *)page + 1024);
	struct vma v;
	time_t now;

	need_page(&v);
	now = get_time(NULL);
	PROMISE_LE(time(NULL) - now, 1);
	PROMISE_GE(time(NULL) - now, 0);
}

PROBE(stays, .what = "it cannot be unmapped, nor anything mapped over it", DECLARED)
{
	struct vma v;

	need_page(&v);
	PROMISE_FAILS(munmap(page, page_size()), EINVAL);
	PROMISE_FAILS(
		mmap(page, page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		ENOMEM, EINVAL);
	need_page(&v);
}
