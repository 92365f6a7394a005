// SPDX-License-Identifier: GPL-2.0-only
/* process_vm_readv(2) and process_vm_writev(2). */
#include <sys/prctl.h>
#include <sys/uio.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "3.2", .commit = "fcf634098c00", .kconfig = "CONFIG_CROSS_MEMORY_ATTACH",         \
	.source = "process_vm_readv(2)"

static ssize_t take(pid_t pid, void *to, const void *from, size_t n)
{
	const struct iovec mine = { to, n }, theirs = { (void *)from, n };

	return process_vm_readv(pid, &mine, 1, &theirs, 1, 0);
}

static ssize_t give(pid_t pid, const void *from, void *to, size_t n)
{
	const struct iovec mine = { (void *)from, n }, theirs = { to, n };

	return process_vm_writev(pid, &mine, 1, &theirs, 1, 0);
}

PROBE(read_write, .what = "process_vm_readv and writev reach what the other task sees", DECLARED)
{
	char *p = pages(2), got[16] = "";
	pid_t pid = spawn();

	if (pid == 0) {
		strcpy(p, "child");
		reach(1);
		await(2);
		PROMISE_STR(p, "given");
		_exit(0);
	}
	await(1);
	PROMISE_EQ(OFFERED(take(pid, got, p, 6), "process_vm_readv"), 6);
	PROMISE_STR(got, "child");
	PROMISE_EQ(NEED(give(pid, "given", p, 6)), 6);
	PROMISE_STR(p, "");
	reach(2);
	reap_good(pid);
	PROMISE_FAILS(take(pid, got, p, 1), ESRCH);
}

PROBE(partial, .what = "process_vm_readv stops at what is not there and counts what it had",
      DECLARED)
{
	char *p = pages(4), *to = pages(4);
	struct iovec mine = { to, 3 * page_size() }, theirs[] = {
		{ p, page_size() },
		{ p + 2 * page_size(), page_size() },
		{ p, page_size() },
	};
	pid_t pid;

	NEED(munmap(p + 2 * page_size(), page_size()));
	pid = spawn_idle();
	PROMISE_EQ(OFFERED(process_vm_readv(pid, &mine, 1, theirs, 3, 0), "process_vm_readv"),
		   page_size());
	PROMISE_EQ(NEED(take(pid, to, p, 4 * page_size())), 2 * page_size());
	PROMISE_FAILS(take(pid, to, p + 2 * page_size(), 1), EFAULT);
	PROMISE_FAILS(process_vm_readv(pid, &mine, 1, theirs, 1, 1), EINVAL);
}

PROBE(no_force, .what = "process_vm_readv and writev keep to the protection of the memory",
      DECLARED)
{
	char *p = pages(2), byte = 0;
	pid_t pid;

	NEED(mprotect(p, page_size(), PROT_NONE));
	NEED(mprotect(p + page_size(), page_size(), PROT_READ));
	pid = spawn_idle();
	PROMISE_EQ(OFFERED(take(pid, &byte, p + page_size(), 1), "process_vm_readv"), 1);
	PROMISE_FAILS(take(pid, &byte, p, 1), EFAULT);
	PROMISE_FAILS(give(pid, &byte, p + page_size(), 1), EFAULT);
}

PROBE(refused, .what = "without the right to trace a task, process_vm_readv says EPERM", DECLARED)
{
	pid_t secretive = spawn(), asker;
	char byte = 0;

	if (secretive == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 0));
		reach(1);
		linger();
	}
	await(1);
	asker = spawn();
	if (asker == 0) {
		lose_privileges();
		OFFERED(take(getpid(), &byte, &byte, 1), "process_vm_readv");
		PROMISE_FAILS(take(secretive, &byte, &byte, 1), EPERM);
		_exit(0);
	}
	reap_good(asker);
}
