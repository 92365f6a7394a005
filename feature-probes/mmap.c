// SPDX-License-Identifier: GPL-2.0-only
/* mmap(2): where things can be placed. */
#include "probe.h"

PROBE(fixed_noreplace, .what = "MAP_FIXED_NOREPLACE maps there or says EEXIST and touches nothing",
      .since = "4.17", .commit = "a4ff8e8620d3", .kconfig = "CONFIG_MMU", .source = "mmap(2)")
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	char *p = pages(4);
	struct vma v;

	strcpy(p + 2 * page_size(), "kept");
	NEED(munmap(p, 2 * page_size()));
	PROMISE_FAILS(mmap(p, 3 * page_size(), PROT_READ, flags, -1, 0), EEXIST);
	PROMISE_FAILS(mmap(p + 3 * page_size(), page_size(), PROT_READ, flags, -1, 0), EEXIST);
	PROMISE_STR(p + 2 * page_size(), "kept");
	PROMISE_FAILS(vma_at(0, p, &v), ENOENT);
	PROMISE_EQ(NEED(mmap(p, 2 * page_size(), PROT_READ, flags, -1, 0)), p);
}

PROBE(task_size, .what = "munmap of nothing succeeds below the end of a task's addresses only",
      .since = "2.6.0", .kconfig = "CONFIG_MMU", .source = "munmap(2)",
      .guards = "pagetable-task-size-probe")
{
	const size_t page = page_size();
	uintptr_t low = page, high = ~(uintptr_t)0 & ~(page - 1);
	char *probe = map(-1, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);

	NEED(munmap(probe, page));
	/* As engines look for the limit: nothing is mapped at the very ends, so nothing is lost. */
	while (high - low > page) {
		uintptr_t mid = (low + (high - low) / 2) & ~(page - 1);
		struct vma v;

		if (vma_at(0, (void *)mid, &v) == 0 && !streq(v.name, "[vsyscall]")) {
			low = v.start;
			if (v.end - page > low)
				low = v.end - page;
			continue;
		}
		if (munmap((void *)mid, page) == 0) {
			low = mid;
		} else {
			PROMISE_EQ(errno, EINVAL);
			high = mid;
		}
	}
	NOTE("the end is at %#lx", (unsigned long)high);
#ifdef __x86_64__
	/* The last page below 2^47 or 2^56 is never handed out. */
	PROMISE(high == (1UL << 47) - page || high == (1UL << 56) - page);
#endif
	PROMISE_FAILS(
		mmap((void *)high, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		ENOMEM, EINVAL);
}

PROBE(min_addr, .what = "below vm.mmap_min_addr nothing can be mapped without CAP_SYS_RAWIO",
      .since = "2.6.23", .kconfig = "CONFIG_MMU CONFIG_DEFAULT_MMAP_MIN_ADDR", .source = "mmap(2)")
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	long min = atol(NEED(slurp("/proc/sys/vm/mmap_min_addr")));
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		if (min < (long)page_size())
			FORBIDDEN("vm.mmap_min_addr is %ld", min);
		PROMISE_FAILS(
			mmap((void *)(min - page_size()), page_size(), PROT_READ, flags, -1, 0),
			EPERM, EACCES);
		NEED(mmap((void *)min, page_size(), PROT_READ, flags, -1, 0));
		_exit(0);
	}
	reap_good(pid);
}
