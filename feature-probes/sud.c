// SPDX-License-Identifier: GPL-2.0-only
/* Syscall user dispatch: system calls given to a handler, which a parasite's would be, too. */
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/ptrace.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF          0
#define PR_SYS_DISPATCH_ON           1
#endif
#define ALLOW 0
#define BLOCK 1

static char selector = ALLOW;

static long dispatch(int mode, unsigned long offset, unsigned long len, void *at)
{
	return prctl(PR_SET_SYSCALL_USER_DISPATCH, mode, offset, len, at);
}

PROBE(dispatches,
      .what = "system calls from outside a range raise SIGSYS while the selector says so",
      .since = "5.11", .commit = "1446e1df9eb1", .kconfig = "CONFIG_GENERIC_ENTRY",
      .source = "Documentation/admin-guide/syscall-user-dispatch.rst")
{
	pid_t pid = spawn();

	if (pid == 0) {
		pid_t child;

		OFFERED(dispatch(PR_SYS_DISPATCH_ON, 0, 0, &selector),
			"PR_SET_SYSCALL_USER_DISPATCH", EINVAL);
		PROMISE_FAILS(dispatch(PR_SYS_DISPATCH_OFF, 1, 1, &selector), EINVAL);
		PROMISE_FAILS(dispatch(PR_SYS_DISPATCH_ON, ~0UL - 5, 10, &selector), EINVAL);
		/* A child has it off. */
		child = spawn();
		if (child == 0) {
			selector = BLOCK;
			_exit(0);
		}
		reap_good(child);
		selector = BLOCK;
		syscall(SYS_getppid);
		_exit(1);
	}
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGSYS);
}

#define CONFIG                                                                                     \
	.since = "6.4", .commit = "3f67987cdc09", .kconfig = "CONFIG_GENERIC_ENTRY",               \
	.source = "Documentation/admin-guide/syscall-user-dispatch.rst"

static long config(int request, pid_t pid, struct uapi_ptrace_sud_config *c)
{
	return ptrace(request, pid, sizeof(*c), c);
}

static pid_t spawn_dispatched(void)
{
	pid_t pid = spawn();

	if (pid == 0) {
		OFFERED(dispatch(PR_SYS_DISPATCH_ON, 0x1000, 0x2000, &selector),
			"PR_SET_SYSCALL_USER_DISPATCH", EINVAL);
		reach(1);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	return pid;
}

PROBE(get_config, .what = "a tracer reads range and selector of a thread", CONFIG)
{
	struct uapi_ptrace_sud_config c = { .mode = 7 };
	pid_t plain = spawn_idle(), pid;

	seize_stopped(plain, 0);
	OFFERED(config(UAPI_PTRACE_GET_SUD_CONFIG, plain, &c),
		"PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG", EIO);
	PROMISE_EQ(c.mode, PR_SYS_DISPATCH_OFF);
	pid = spawn_dispatched();
	NEED(config(UAPI_PTRACE_GET_SUD_CONFIG, pid, &c));
	PROMISE_EQ(c.mode, PR_SYS_DISPATCH_ON);
	PROMISE_EQ(c.offset, 0x1000);
	PROMISE_EQ(c.len, 0x2000);
	PROMISE_EQ(c.selector, &selector);
	PROMISE_FAILS(ptrace(UAPI_PTRACE_GET_SUD_CONFIG, pid, sizeof(c) - 8, &c), EINVAL);
}

PROBE(set_config, .what = "a tracer switches it off, and on again as it was", CONFIG)
{
	struct uapi_ptrace_sud_config was, off = { .mode = PR_SYS_DISPATCH_OFF }, now;
	pid_t pid = spawn_dispatched();

	OFFERED(config(UAPI_PTRACE_GET_SUD_CONFIG, pid, &was),
		"PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG", EIO);
	NEED(config(UAPI_PTRACE_SET_SUD_CONFIG, pid, &off));
	NEED(config(UAPI_PTRACE_GET_SUD_CONFIG, pid, &now));
	PROMISE_EQ(now.mode, PR_SYS_DISPATCH_OFF);
	NEED(config(UAPI_PTRACE_SET_SUD_CONFIG, pid, &was));
	NEED(config(UAPI_PTRACE_GET_SUD_CONFIG, pid, &now));
	PROMISE_MEM(&now, &was, sizeof(was));
	off.len = 1;
	PROMISE_FAILS(config(UAPI_PTRACE_SET_SUD_CONFIG, pid, &off), EINVAL);
	was.offset = ~0UL - 5;
	PROMISE_FAILS(config(UAPI_PTRACE_SET_SUD_CONFIG, pid, &was), EINVAL);
}

enum { INCLUSIVE_ON = 2 };

PROBE(inclusive, .what = "it can be the range that raises SIGSYS", .since = "6.17",
      .kconfig = "CONFIG_GENERIC_ENTRY",
      .source = "Documentation/admin-guide/syscall-user-dispatch.rst")
{
	pid_t pid = spawn();

	if (pid == 0) {
		char *elsewhere = pages(1);

		OFFERED(dispatch(INCLUSIVE_ON, (unsigned long)elsewhere, page_size(), &selector),
			"PR_SYS_DISPATCH_INCLUSIVE_ON", EINVAL);
		selector = BLOCK;
		/* From here it is not. */
		syscall(SYS_getppid);
		selector = ALLOW;
		/* All that is above this function's page, the C library's calls among it. */
		NEED(dispatch(INCLUSIVE_ON, 0x1000, ~0UL >> 1, &selector));
		selector = BLOCK;
		syscall(SYS_getppid);
		_exit(1);
	}
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGSYS);
}

/*
 * Not as of 6.18: such a range is kept inside out, which is how it is told, and how it is not taken.
 */
PROBE(inclusive_config, .what = "what a tracer reads of an inclusive range it can set again",
      .kconfig = "CONFIG_GENERIC_ENTRY", .source = "kernel/entry/syscall_user_dispatch.c")
{
	struct uapi_ptrace_sud_config c, again;
	pid_t pid = spawn();

	if (pid == 0) {
		OFFERED(dispatch(INCLUSIVE_ON, 0x1000, 0x2000, &selector),
			"PR_SYS_DISPATCH_INCLUSIVE_ON", EINVAL);
		reach(1);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	NEED(config(UAPI_PTRACE_GET_SUD_CONFIG, pid, &c));
	if (config(UAPI_PTRACE_SET_SUD_CONFIG, pid, &c) < 0 && errno == EINVAL)
		ABSENT("told as mode %lld from %#llx for %#llx bytes, which is refused (EINVAL)",
		       (long long)c.mode, (long long)c.offset, (long long)c.len);
	NEED(config(UAPI_PTRACE_GET_SUD_CONFIG, pid, &again));
	PROMISE_MEM(&again, &c, sizeof(c));
}
