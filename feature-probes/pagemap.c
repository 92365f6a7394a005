// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/pagemap and its PAGEMAP_SCAN: which pages hold what. */
#include <sys/ioctl.h>

#include "probe.h"
#include "uapi/fs.h"
#include "uapi/mman.h"

#define ENTRY                                                                                      \
	.since = "2.6.25", .commit = "85863e475e59", .kconfig = "CONFIG_PROC_PAGE_MONITOR",        \
	.source = "proc_pid_pagemap(5), Documentation/admin-guide/mm/pagemap.rst"

/* Anonymous memory that the kernel fills in single pages only. */
static char *anon(size_t count)
{
	char *p = map(-1, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	madvise(p, count * page_size(), MADV_NOHUGEPAGE);
	return p;
}

static void touch(char *p, size_t page)
{
	*(volatile char *)(p + page * page_size()) = 1;
}

static void look(const char *p, size_t page)
{
	(void)*(const volatile char *)(p + page * page_size());
}

static uint64_t entry(const char *p, size_t page)
{
	return pagemap_of(0, p + page * page_size());
}

PROBE(present, .what = "pagemap tells pages that hold data from those never touched", ENTRY)
{
	char *p = anon(4), *shared = map(-1, 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	const uint64_t kind = PM_PRESENT | PM_SWAP | PM_FILE;
	int fd = workfile("mapped");
	char *file;

	touch(p, 1);
	look(p, 2);
	PROMISE_EQ(entry(p, 0) & (PM_PRESENT | PM_SWAP), 0);
	PROMISE_EQ(entry(p, 1) & kind, PM_PRESENT);
	PROMISE_EQ(entry(p, 2) & kind, PM_PRESENT);
	PROMISE_EQ(entry(p, 3) & (PM_PRESENT | PM_SWAP), 0);

	touch(shared, 1);
	PROMISE_EQ(entry(shared, 0) & PM_PRESENT, 0);
	PROMISE_EQ(entry(shared, 1) & kind, PM_PRESENT | PM_FILE);

	NEED(ftruncate(fd, page_size()));
	file = map(fd, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	look(file, 0);
	PROMISE_EQ(entry(file, 0) & kind, PM_PRESENT | PM_FILE);
	touch(file, 0);
	PROMISE_EQ(entry(file, 0) & kind, PM_PRESENT);
}

PROBE(exclusive, .what = "pagemap tells a page mapped once from one shared after fork",
      .since = "4.2", .commit = "77bb499bb60f", .kconfig = "CONFIG_PROC_PAGE_MONITOR",
      .source = "proc_pid_pagemap(5)")
{
	char *p = anon(2);
	pid_t pid;

	touch(p, 0);
	touch(p, 1);
	PROMISE_EQ(entry(p, 0) & PM_EXCLUSIVE, PM_EXCLUSIVE);
	pid = spawn();
	if (pid == 0) {
		PROMISE_EQ(entry(p, 0) & PM_EXCLUSIVE, 0);
		touch(p, 1);
		PROMISE_EQ(entry(p, 1) & PM_EXCLUSIVE, PM_EXCLUSIVE);
		reach(1);
		linger();
	}
	await(1);
	PROMISE_EQ(entry(p, 0) & PM_EXCLUSIVE, 0);
	end_task(pid);
	PROMISE_EQ(entry(p, 0) & PM_EXCLUSIVE, PM_EXCLUSIVE);
}

PROBE(one_read_many_vmas, .what = "one read of pagemap over several mappings and holes is right",
      ENTRY, .guards = "pagemap-multi-vma-read")
{
	enum { N = 64 };
	char *p = anon(N);
	uint64_t got[N];
	int fd = OFFERED(open("/proc/self/pagemap", O_RDONLY), "pagemap", ENOENT);
	int here = 0;

	for (int i = 0; i < N; i += 3)
		touch(p, i);
	for (int i = 0; i < N; i += 8) {
		NEED(mprotect(p + i * page_size(), 2 * page_size(), PROT_READ));
		NEED(munmap(p + (i + 4) * page_size(), page_size()));
	}
	PROMISE_EQ(NEED(pread(fd, got, sizeof(got), (uintptr_t)p / page_size() * 8)), sizeof(got));
	for (int i = 0; i < N; i++) {
		bool there = i % 3 == 0 && i % 8 != 4, one = entry(p, i) & PM_PRESENT;

		here += there;
		if (there != one || there != !!(got[i] & PM_PRESENT))
			DEVIATES("page %d of %d: %d, one by one %d, in one read %#llx", i, N, there,
				 one, (unsigned long long)got[i]);
	}
	PROMISE_GT(here, 10);
}

PROBE(pfn_hidden, .what = "pagemap is for everybody, the page frame numbers in it are not",
      .since = "4.2", .commit = "1c90308e7a77", .kconfig = "CONFIG_PROC_PAGE_MONITOR",
      .source = "proc_pid_pagemap(5)", .guards = "pagemap-root-only")
{
	pid_t pid = spawn();

	if (pid == 0) {
		char *p = anon(2);

		lose_privileges();
		touch(p, 1);
		NEED(open("/proc/self/pagemap", O_RDONLY));
		PROMISE_EQ(entry(p, 0) & PM_PRESENT, 0);
		PROMISE_EQ(entry(p, 1) & (PM_PRESENT | PM_EXCLUSIVE), PM_PRESENT | PM_EXCLUSIVE);
		PROMISE_EQ(entry(p, 1) & PM_PFN_MASK, 0);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(zero_page, .what = "all pages read but never written have one frame number, in all tasks",
      ENTRY, .capability = "CAP_SYS_ADMIN in the initial user namespace")
{
	char *p = anon(3);
	uint64_t zero;
	pid_t pid;

	need_privilege("CAP_SYS_ADMIN in the initial user namespace");
	for (int i = 0; i < 2; i++)
		look(p, i);
	touch(p, 2);
	zero = entry(p, 0) & PM_PFN_MASK;
	PROMISE_NE(zero, 0);
	PROMISE_EQ(entry(p, 1) & PM_PFN_MASK, zero);
	PROMISE_NE(entry(p, 2) & PM_PFN_MASK, zero);
	pid = spawn();
	if (pid == 0) {
		p = anon(1);
		look(p, 0);
		PROMISE_EQ(entry(p, 0) & PM_PFN_MASK, zero);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(guard, .what = "pagemap tells guard pages from pages never touched", .since = "6.15",
      .kconfig = "CONFIG_PROC_PAGE_MONITOR", .source = "Documentation/admin-guide/mm/pagemap.rst",
      .guards = "guard-regions-invisible")
{
	char *p = anon(3);

	touch(p, 0);
	touch(p, 1);
	OFFERED(madvise(p + page_size(), page_size(), MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL",
		EINVAL);
	if (!(entry(p, 1) & PM_GUARD))
		ABSENT("pagemap does not tell guard pages");
	PROMISE_EQ(entry(p, 1) & PM_PRESENT, 0);
	PROMISE_EQ(entry(p, 0) & (PM_GUARD | PM_PRESENT), PM_PRESENT);
	PROMISE_EQ(entry(p, 2) & PM_GUARD, 0);
	NEED(madvise(p + page_size(), page_size(), MADV_GUARD_REMOVE));
	PROMISE_EQ(entry(p, 1) & (PM_GUARD | PM_PRESENT), 0);
}

/*
 * Soft-dirty
 */

#define SOFT_DIRTY                                                                                 \
	.kconfig = "CONFIG_MEM_SOFT_DIRTY", .source = "Documentation/admin-guide/mm/soft-dirty.rst"

/* Fresh memory is dirty, where the kernel keeps track at all. */
static void need_soft_dirty(char *p)
{
	touch(p, 0);
	if (!(entry(p, 0) & PM_SOFT_DIRTY))
		ABSENT("no soft-dirty bit");
}

static void clear_soft_dirty(void)
{
	NEED(write_text("4", "/proc/self/clear_refs"));
}

PROBE(soft_dirty, .what = "after clear_refs, pagemap's bit 55 marks exactly what was written",
      .since = "3.11", .commit = "0f8975ec4db2", SOFT_DIRTY, .guards = "soft-dirty-next-2014")
{
	enum { N = 64 };
	char *p = anon(N), *later;

	need_soft_dirty(p);
	for (int i = 0; i < N; i++)
		touch(p, i);
	clear_soft_dirty();
	for (int i = 0; i < N; i++)
		PROMISE_EQ(entry(p, i) & PM_SOFT_DIRTY, 0);
	for (int i = 0; i < N; i += 5)
		touch(p, i);
	look(p, 1);
	for (int i = 0; i < N; i++)
		if (!!(entry(p, i) & PM_SOFT_DIRTY) != (i % 5 == 0))
			DEVIATES("page %d of %d, every fifth of which was written: %d", i, N,
				 !!(entry(p, i) & PM_SOFT_DIRTY));

	later = anon(1);
	touch(later, 0);
	PROMISE_EQ(entry(later, 0) & PM_SOFT_DIRTY, PM_SOFT_DIRTY);
}

PROBE(soft_dirty_thp, .what = "soft-dirty bits are right within huge pages", .since = "3.11",
      SOFT_DIRTY, .guards = "soft-dirty-next-2014")
{
	const size_t huge = 2 << 20, in_huge = huge / page_size();
	char *p = map(-1, 2 * in_huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	p = (char *)(((uintptr_t)p + huge - 1) & ~(huge - 1));
	need_soft_dirty(anon(1));
	OFFERED(madvise(p, huge, MADV_HUGEPAGE), "transparent huge pages", EINVAL);
	for (size_t i = 0; i < in_huge; i++)
		touch(p, i);
	clear_soft_dirty();
	for (size_t i = 0; i < in_huge; i++)
		PROMISE_EQ(entry(p, i) & PM_SOFT_DIRTY, 0);
	touch(p, 3);
	PROMISE_EQ(entry(p, 3) & PM_SOFT_DIRTY, PM_SOFT_DIRTY);
}

PROBE(soft_dirty_mprotect, .what = "a write after protection came and went is seen as soft-dirty",
      .since = "3.11", .commit = "76aefad628aa", SOFT_DIRTY, .guards = "soft-dirty-mprotect")
{
	int fd = workfile("mapped");
	char *kinds[2];

	NEED(ftruncate(fd, page_size()));
	kinds[0] = anon(1);
	kinds[1] = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	need_soft_dirty(kinds[0]);
	for (int i = 0; i < 2; i++) {
		touch(kinds[i], 0);
		clear_soft_dirty();
		NEED(mprotect(kinds[i], page_size(), PROT_READ));
		NEED(mprotect(kinds[i], page_size(), PROT_READ | PROT_WRITE));
		PROMISE_EQ(entry(kinds[i], 0) & PM_SOFT_DIRTY, 0);
		touch(kinds[i], 0);
		PROMISE_EQ(entry(kinds[i], 0) & PM_SOFT_DIRTY, PM_SOFT_DIRTY);
	}
}

PROBE(soft_dirty_mremap, .what = "mremap takes the soft-dirty bits along", .since = "3.11",
      SOFT_DIRTY)
{
	char *p = anon(2), *to = anon(2);

	need_soft_dirty(p);
	touch(p, 1);
	clear_soft_dirty();
	touch(p, 1);
	NEED(mremap(p, 2 * page_size(), 2 * page_size(), MREMAP_MAYMOVE | MREMAP_FIXED, to));
	PROMISE_EQ(entry(to, 1) & PM_SOFT_DIRTY, PM_SOFT_DIRTY);
}

/*
 * PAGEMAP_SCAN
 */

#define SCAN                                                                                       \
	.since = "6.7", .commit = "52526ca7fdb9", .kconfig = "CONFIG_PROC_PAGE_MONITOR",           \
	.source = "PAGEMAP_SCAN(2const), Documentation/admin-guide/mm/pagemap.rst"

static struct uapi_page_region found[256];

/* Pages that have any of these categories; as many regions as fit into `room`. */
static int scan(struct uapi_pm_scan_arg *arg, const char *p, size_t count, uint64_t any,
		uint64_t ret, size_t room)
{
	static int fd = -1;

	if (fd < 0)
		fd = OFFERED(open("/proc/self/pagemap", O_RDONLY), "pagemap", ENOENT);
	*arg = (struct uapi_pm_scan_arg){
		.size = sizeof(*arg),
		.start = (uintptr_t)p,
		.end = (uintptr_t)p + count * page_size(),
		.vec = (uintptr_t)found,
		.vec_len = room,
		.category_anyof_mask = any,
		.return_mask = ret,
	};
	return ioctl(fd, UAPI_PAGEMAP_SCAN, arg);
}

#define OFFERED_SCAN(...) OFFERED(scan(__VA_ARGS__), "PAGEMAP_SCAN", ENOTTY)

PROBE(scan_agrees, .what = "PAGEMAP_SCAN finds the pages that pagemap's bits say are there", SCAN)
{
	enum { N = 40 };
	const uint64_t all = UAPI_PAGE_IS_PRESENT | UAPI_PAGE_IS_SWAPPED | UAPI_PAGE_IS_FILE;
	char *p = anon(N);
	struct uapi_pm_scan_arg arg;
	uint64_t seen[N] = {};
	int n;

	for (int i = 0; i < N; i++)
		if (i % 7 > 3)
			touch(p, i);
	/* In the middle of it shared memory, some of it untouched. */
	NEED(mmap(p + 10 * page_size(), 10 * page_size(), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	touch(p, 11);
	touch(p, 12);
	NEED(munmap(p + 30 * page_size(), 2 * page_size()));

	n = OFFERED_SCAN(&arg, p, N, UAPI_PAGE_IS_PRESENT | UAPI_PAGE_IS_SWAPPED, all,
			 ARRAY_SIZE(found));
	PROMISE_EQ(arg.walk_end, arg.end);
	for (int i = 0; i < n; i++) {
		PROMISE_LT(found[i].start, found[i].end);
		for (uint64_t at = found[i].start; at < found[i].end; at += page_size()) {
			PROMISE(at >= arg.start && at < arg.end);
			seen[(at - arg.start) / page_size()] = found[i].categories;
		}
	}
	for (int i = 0; i < N; i++) {
		uint64_t bits = entry(p, i), want = 0;

		if (bits & (PM_PRESENT | PM_SWAP)) {
			want |= bits & PM_PRESENT ? UAPI_PAGE_IS_PRESENT : 0;
			want |= bits & PM_SWAP ? UAPI_PAGE_IS_SWAPPED : 0;
			want |= bits & PM_FILE ? UAPI_PAGE_IS_FILE : 0;
		}
		if (seen[i] != want)
			DEVIATES("page %d: PAGEMAP_SCAN says %#llx, pagemap %#llx", i,
				 (unsigned long long)seen[i], (unsigned long long)bits);
	}
	PROMISE_GT(n, 5);
}

PROBE(scan_resumes, .what = "PAGEMAP_SCAN stops when its vector is full and says where to go on",
      SCAN)
{
	enum { N = 16 };
	char *p = anon(N), *at = p;
	struct uapi_pm_scan_arg arg;
	int regions = 0;

	for (int i = 0; i < N; i += 2)
		touch(p, i);
	while (at < p + N * page_size()) {
		int n = OFFERED_SCAN(&arg, at, (p - at) / (long)page_size() + N,
				     UAPI_PAGE_IS_PRESENT, UAPI_PAGE_IS_PRESENT, 1);

		PROMISE_LE(n, 1);
		if (n == 1)
			PROMISE_EQ(found[0].start, p + 2 * regions * page_size());
		regions += n;
		PROMISE(arg.walk_end > (uintptr_t)at && arg.walk_end <= arg.end);
		at = (char *)arg.walk_end;
	}
	PROMISE_EQ(regions, N / 2);

	/* And after so many pages, in the middle of a region. */
	for (int i = 0; i < N; i++)
		touch(p, i);
	OFFERED_SCAN(&arg, p, N, UAPI_PAGE_IS_PRESENT, UAPI_PAGE_IS_PRESENT, 1);
	arg.max_pages = 5;
	arg.walk_end = 0;
	PROMISE_EQ(NEED(ioctl(NEED(open("/proc/self/pagemap", O_RDONLY)), UAPI_PAGEMAP_SCAN, &arg)),
		   1);
	PROMISE_EQ(found[0].end - found[0].start, 5 * page_size());
	PROMISE_EQ(arg.walk_end, p + 5 * page_size());
}

PROBE(scan_inverted, .what = "PAGEMAP_SCAN finds the pages a category is missing from, too", SCAN)
{
	char *p = anon(5);
	struct uapi_pm_scan_arg arg;
	int fd = NEED(open("/proc/self/pagemap", O_RDONLY));

	touch(p, 0);
	touch(p, 3);
	OFFERED_SCAN(&arg, p, 5, UAPI_PAGE_IS_PRESENT, UAPI_PAGE_IS_PRESENT, 8);
	arg.category_anyof_mask = 0;
	arg.category_mask = UAPI_PAGE_IS_PRESENT;
	arg.category_inverted = UAPI_PAGE_IS_PRESENT;
	PROMISE_EQ(NEED(ioctl(fd, UAPI_PAGEMAP_SCAN, &arg)), 2);
	PROMISE_EQ(found[0].start, p + 1 * page_size());
	PROMISE_EQ(found[0].end, p + 3 * page_size());
	PROMISE_EQ(found[1].start, p + 4 * page_size());
}

PROBE(scan_zero_page, .what = "PAGEMAP_SCAN tells the zero page, to the unprivileged too", SCAN)
{
	char *p = anon(3);
	struct uapi_pm_scan_arg arg;
	pid_t pid;

	look(p, 1);
	touch(p, 2);
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		PROMISE_EQ(OFFERED_SCAN(&arg, p, 3, UAPI_PAGE_IS_PFNZERO, UAPI_PAGE_IS_PFNZERO, 8),
			   1);
		PROMISE_EQ(found[0].start, p + page_size());
		PROMISE_EQ(found[0].end, p + 2 * page_size());
		_exit(0);
	}
	reap_good(pid);
}

PROBE(scan_refusals, .what = "PAGEMAP_SCAN refuses sizes, flags and categories it does not know",
      SCAN)
{
	int fd = NEED(open("/proc/self/pagemap", O_RDONLY));
	struct uapi_pm_scan_arg arg, wrong;
	char *p = anon(2);

	touch(p, 0);
	OFFERED_SCAN(&arg, p, 2, UAPI_PAGE_IS_PRESENT, UAPI_PAGE_IS_PRESENT, 8);
	wrong = arg;
	wrong.size--;
	PROMISE_FAILS(ioctl(fd, UAPI_PAGEMAP_SCAN, &wrong), EINVAL);
	wrong = arg;
	wrong.flags = 1 << 20;
	PROMISE_FAILS(ioctl(fd, UAPI_PAGEMAP_SCAN, &wrong), EINVAL);
	wrong = arg;
	wrong.return_mask |= 1ULL << 40;
	PROMISE_FAILS(ioctl(fd, UAPI_PAGEMAP_SCAN, &wrong), EINVAL);
	wrong = arg;
	wrong.start++;
	PROMISE_FAILS(ioctl(fd, UAPI_PAGEMAP_SCAN, &wrong), EINVAL);
	wrong = arg;
	wrong.vec = 8;
	PROMISE_FAILS(ioctl(fd, UAPI_PAGEMAP_SCAN, &wrong), EFAULT);
}

PROBE(scan_categories, .what = "every category PAGEMAP_SCAN takes is one we have a word for", SCAN)
{
	struct uapi_pm_scan_arg arg;
	char *p = anon(1);

	touch(p, 0);
	OFFERED_SCAN(&arg, p, 1, UAPI_PAGE_IS_PRESENT, UAPI_PAGE_IS_PRESENT, 8);
	for (int bit = 10; bit < 64; bit++)
		if (scan(&arg, p, 1, UAPI_PAGE_IS_PRESENT, 1ULL << bit, 8) >= 0)
			NEW("PAGEMAP_SCAN category %#llx", 1ULL << bit);
}

PROBE(scan_soft_dirty, .what = "PAGEMAP_SCAN knows the soft-dirty category: what bit 55 says",
      .since = "6.8", .commit = "e6a9a2cbc13b",
      .kconfig = "CONFIG_PROC_PAGE_MONITOR CONFIG_MEM_SOFT_DIRTY",
      .source = "Documentation/admin-guide/mm/pagemap.rst", .guards = "pagemap-scan-soft-dirty")
{
	char *p = anon(4);
	struct uapi_pm_scan_arg arg;
	int n;

	for (int i = 0; i < 4; i++)
		touch(p, i);
	OFFERED_SCAN(&arg, p, 4, UAPI_PAGE_IS_PRESENT, UAPI_PAGE_IS_PRESENT, 8);
	clear_soft_dirty();
	touch(p, 2);
	n = OFFERED(scan(&arg, p, 4, UAPI_PAGE_IS_SOFT_DIRTY, UAPI_PAGE_IS_SOFT_DIRTY, 8),
		    "PAGE_IS_SOFT_DIRTY", EINVAL);
	/* The category is known to kernels that keep no such bit, too. */
	PROMISE_EQ(n, entry(p, 2) & PM_SOFT_DIRTY ? 1 : 0);
	if (n == 0)
		ABSENT("no soft-dirty bit");
	PROMISE_EQ(found[0].start, p + 2 * page_size());
	PROMISE_EQ(found[0].end, p + 3 * page_size());
}

PROBE(scan_guard, .what = "PAGEMAP_SCAN finds guard pages", .since = "6.16",
      .commit = "a516403787e0", .kconfig = "CONFIG_PROC_PAGE_MONITOR",
      .source = "include/uapi/linux/fs.h", .guards = "guard-regions-invisible")
{
	char *p = anon(4);
	struct uapi_pm_scan_arg arg;

	touch(p, 0);
	OFFERED_SCAN(&arg, p, 4, UAPI_PAGE_IS_PRESENT, UAPI_PAGE_IS_PRESENT, 8);
	OFFERED(madvise(p + page_size(), 2 * page_size(), MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL",
		EINVAL);
	PROMISE_EQ(OFFERED(scan(&arg, p, 4, UAPI_PAGE_IS_GUARD, UAPI_PAGE_IS_GUARD, 8),
			   "PAGE_IS_GUARD", EINVAL),
		   1);
	PROMISE_EQ(found[0].start, p + page_size());
	PROMISE_EQ(found[0].end, p + 3 * page_size());
	PROMISE_EQ(found[0].categories, UAPI_PAGE_IS_GUARD);
}

GAP(placement,
    .what = "nobody chooses the frames, the swap entries or the huge pages memory is kept in",
    .kconfig = "CONFIG_PROC_PAGE_MONITOR", .source = "Documentation/admin-guide/mm/pagemap.rst")
{
	uint64_t entry = PM_PRESENT | 77;
	char *p = pages(1);
	int fd;

	TRIED_TO("write pagemap", write_text("77", "/proc/self/pagemap"));
	fd = open("/proc/self/pagemap", O_RDWR);
	if (fd >= 0)
		TRIED_TO("pwrite to pagemap", pwrite(fd, &entry, 8, (off_t)p / page_size() * 8));
}
