// SPDX-License-Identifier: GPL-2.0-only
/* mseal(2): mappings that nobody changes any more, their restorer included. */
#include <sys/ptrace.h>

#include "probe.h"
#include "uapi/mman.h"
#include "uapi/syscalls.h"

#define DECLARED                                                                                   \
	.since = "6.10", .commit = "8be7258aad44", .kconfig = "CONFIG_64BIT",                      \
	.source = "Documentation/userspace-api/mseal.rst"

static char *sealed_page(void)
{
	char *p = map(-1, 3, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS) + page_size();

	strcpy(p, "content");
	OFFERED(syscall(SYS_mseal, p, page_size(), 0), "mseal");
	return p;
}

PROBE(content, .what = "what is sealed is the mapping, not what is in it", DECLARED)
{
	char *p = sealed_page();

	strcpy(p, "changed");
	PROMISE_STR(p, "changed");
	/* Discarding is a change of it as long as it could not have been written. */
	NEED(madvise(p, page_size(), MADV_DONTNEED));
	PROMISE_STR(p, "");
}

PROBE(inherited, .what = "a child inherits sealed mappings, and exec is rid of them", DECLARED)
{
	char *p = sealed_page();
	pid_t pid = spawn();

	if (pid == 0) {
		PROMISE_FAILS(munmap(p, page_size()), EPERM);
		exec_idle();
	}
	until_exec(pid);
}

PROBE(refusals, .what = "mseal wants whole mapped pages, and knows no flags", DECLARED)
{
	char *p = sealed_page();

	PROMISE_FAILS(syscall(SYS_mseal, p + 1, page_size(), 0), EINVAL);
	PROMISE_FAILS(syscall(SYS_mseal, p, page_size(), 1), EINVAL);
	NEED(munmap(p + page_size(), page_size()));
	PROMISE_FAILS(syscall(SYS_mseal, p, 2 * page_size(), 0), ENOMEM);
	NEED(syscall(SYS_mseal, p, page_size(), 0));
}

GAP(unseal, .what = "nobody takes a seal off again, to put a mapping in its place",
    .kconfig = "CONFIG_64BIT", .source = "Documentation/userspace-api/mseal.rst")
{
	char *p = sealed_page();
	struct iovec range = { p, page_size() };
	int self = NEED(syscall(SYS_pidfd_open, getpid(), 0));

	for (int flag = 0; flag < 4; flag++)
		if (syscall(SYS_mseal, p, page_size(), 1 << flag) == 0)
			NEW("mseal takes flag %#x", 1 << flag);
	TRIED("flags of mseal");
	TRIED_TO("munmap", munmap(p, page_size()));
	TRIED_TO("mprotect", mprotect(p, page_size(), PROT_NONE));
	TRIED_TO("mremap", mremap(p, page_size(), 2 * page_size(), MREMAP_MAYMOVE));
	TRIED_TO("process_madvise",
		 syscall(SYS_process_madvise, self, &range, 1, MADV_DONTFORK, 1));
}
