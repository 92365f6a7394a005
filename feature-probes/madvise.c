// SPDX-License-Identifier: GPL-2.0-only
/* madvise(2): the advice an engine gives itself. */
#include <setjmp.h>
#include <sys/uio.h>

#include "probe.h"
#include "uapi/mman.h"

static char *anon(size_t count)
{
	char *p = map(-1, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	madvise(p, count * page_size(), MADV_NOHUGEPAGE);
	return p;
}

static sigjmp_buf faulted;

static void on_fault(int sig)
{
	siglongjmp(faulted, sig);
}

/* The signal that reading a byte brings, or 0. */
static int fault_at(const volatile char *p)
{
	int sig;

	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	sig = sigsetjmp(faulted, 1);
	if (sig == 0)
		(void)*p;
	return sig;
}

PROBE(populate_write, .what = "MADV_POPULATE_WRITE makes pages present, and says what it cannot",
      .since = "5.14", .commit = "4ca9b3859dac", .source = "madvise(2)")
{
	char *p = anon(6);

	OFFERED(madvise(p, 2 * page_size(), MADV_POPULATE_WRITE), "MADV_POPULATE_WRITE", EINVAL);
	PROMISE(pagemap_of(0, p) & PM_PRESENT);
	PROMISE(pagemap_of(0, p + page_size()) & PM_PRESENT);
	PROMISE(!(pagemap_of(0, p + 2 * page_size()) & PM_PRESENT));
	NEED(mprotect(p + 3 * page_size(), page_size(), PROT_READ));
	PROMISE_FAILS(madvise(p + 3 * page_size(), page_size(), MADV_POPULATE_WRITE), EINVAL,
		      EFAULT);
	NEED(munmap(p + 4 * page_size(), page_size()));
	PROMISE_FAILS(madvise(p + 4 * page_size(), page_size(), MADV_POPULATE_WRITE), ENOMEM);
	NEED(madvise(p + 3 * page_size(), page_size(), MADV_POPULATE_READ));
	PROMISE(pagemap_of(0, p + 3 * page_size()) & PM_PRESENT);
}

PROBE(populate_file, .what = "MADV_POPULATE_WRITE breaks the sharing of a private file mapping",
      .since = "5.14", .commit = "4ca9b3859dac", .source = "madvise(2)")
{
	int fd = workfile("file");
	char *p;

	NEED(pwrite(fd, "file", 4, 0));
	NEED(ftruncate(fd, page_size()));
	p = map(fd, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	OFFERED(madvise(p, page_size(), MADV_POPULATE_WRITE), "MADV_POPULATE_WRITE", EINVAL);
	PROMISE_EQ(pagemap_of(0, p) & (PM_PRESENT | PM_FILE), PM_PRESENT);
	NEED(pwrite(fd, "else", 4, 0));
	PROMISE_MEM(p, "file", 4);
}

#define GUARD                                                                                      \
	.since = "6.13", .commit = "662df3e5c376", .kconfig = "CONFIG_MMU", .source = "madvise(2)"

PROBE(guard, .what = "a guard page faults, loses its content, and leaves its mapping whole",
      .since = "6.13", .commit = "662df3e5c376", .source = "madvise(2)",
      .kconfig = "CONFIG_MMU CONFIG_CROSS_MEMORY_ATTACH", .guards = "guard-regions-invisible")
{
	char *p = pages(3), *mid = p + page_size(), byte;
	struct iovec mine = { &byte, 1 }, theirs = { mid, 1 };
	struct vma before, after;

	mid[0] = 'x';
	NEED(vma_at(0, p, &before));
	OFFERED(madvise(mid, page_size(), MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL", EINVAL);
	PROMISE_EQ(fault_at(mid), SIGSEGV);
	PROMISE_EQ(fault_at(p), 0);
	PROMISE_EQ(fault_at(mid + page_size()), 0);
	NEED(vma_at(0, p, &after));
	PROMISE_EQ(after.start, before.start);
	PROMISE_EQ(after.end, before.end);
	/* Whoever reads the memory from outside must not see a zero page there. */
	PROMISE_FAILS(process_vm_readv(getpid(), &mine, 1, &theirs, 1, 0), EFAULT);
	NEED(madvise(mid, page_size(), MADV_GUARD_REMOVE));
	PROMISE_EQ(fault_at(mid), 0);
	PROMISE_EQ(mid[0], 0);
}

PROBE(guard_fork, .what = "guard pages are inherited and survive mremap", GUARD)
{
	char *p = pages(2), *to = anon(2);
	pid_t pid;

	OFFERED(madvise(p, page_size(), MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL", EINVAL);
	pid = spawn();
	if (pid == 0) {
		PROMISE_EQ(fault_at(p), SIGSEGV);
		PROMISE_EQ(fault_at(p + page_size()), 0);
		_exit(0);
	}
	reap_good(pid);
	NEED(mremap(p, 2 * page_size(), 2 * page_size(), MREMAP_MAYMOVE | MREMAP_FIXED, to));
	PROMISE_EQ(fault_at(to), SIGSEGV);
	PROMISE_EQ(fault_at(to + page_size()), 0);
}

PROBE(guard_file, .what = "file mappings can have guard pages, too", .since = "6.15",
      .kconfig = "CONFIG_MMU", .source = "madvise(2)")
{
	int fd = workfile("file");
	char *p;

	NEED(ftruncate(fd, 2 * page_size()));
	p = map(fd, 2, PROT_READ, MAP_SHARED);
	OFFERED(madvise(p, page_size(), MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL for files",
		EINVAL);
	PROMISE_EQ(fault_at(p), SIGSEGV);
	PROMISE_EQ(fault_at(p + page_size()), 0);
}
