// SPDX-License-Identifier: GPL-2.0-only
/* mlockall(2): memory that is to come. */
#include "probe.h"

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static bool locks_next(void)
{
	char *p = map(-1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	return vma_flag(0, p, "lo");
}

static void lock_all(int flags)
{
	if (mlockall(flags) < 0 && (errno == ENOMEM || errno == EPERM))
		need_privilege("CAP_IPC_LOCK in the initial user namespace");
	NEED(mlockall(flags));
}

PROBE(future,
      .what = "MCL_FUTURE locks what is mapped from then on, until munlockall, not for children",
      .since = "2.0", .kconfig = "CONFIG_MMU", .source = "mlockall(2)")
{
	char *before = pages(1);
	pid_t child;

	lock_all(MCL_FUTURE);
	PROMISE(!vma_flag(0, before, "lo"));
	PROMISE(locks_next());
	child = spawn();
	if (child == 0) {
		PROMISE(!locks_next());
		_exit(0);
	}
	reap_good(child);
	NEED(munlockall());
	PROMISE(!locks_next());
}

PROBE(on_fault, .what = "MCL_ONFAULT locks pages as they come", .since = "4.4",
      .commit = "b0f205c2a308", .kconfig = "CONFIG_MMU", .source = "mlockall(2)")
{
	char *p;

	PROMISE_FAILS(mlockall(MCL_ONFAULT), EINVAL);
	lock_all(MCL_FUTURE | MCL_ONFAULT);
	p = map(-1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	PROMISE(vma_flag(0, p, "lo"));
	PROMISE_EQ(pagemap_of(0, p) >> 63, 0);
}

static pid_t spawn_locking(int flags, int stage)
{
	pid_t pid = spawn();

	if (pid == 0) {
		if (flags)
			lock_all(flags);
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

GAP(future_told, .what = "nobody tells whether memory to come will be locked",
    .source = "mlockall(2)")
{
	pid_t with = spawn_locking(MCL_FUTURE, 1);

	tried_tasks(with, spawn_locking(0, 2));
}
