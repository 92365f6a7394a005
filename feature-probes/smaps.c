// SPDX-License-Identifier: GPL-2.0-only
/* The VmFlags of /proc/PID/smaps: how a mapping was advised, locked and made. */
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/mman.h"
#include "uapi/syscalls.h"

#define DECLARED                                                                                   \
	.since = "3.8", .commit = "834f82e2aa9a", .kconfig = "CONFIG_PROC_PAGE_MONITOR",           \
	.source = "proc_pid_smaps(5), fs/proc/task_mmu.c"

static char *anon(size_t count)
{
	return map(-1, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

PROBE(letters_known, .what = "every VmFlags letter pair is one we have a word for", DECLARED)
{
	static const char *const known[] = {
		"rd",
		"wr",
		"ex",
		"sh",
		"mr",
		"mw",
		"me",
		"ms",
		"gd",
		"pf",
		"dw",
		"lo",
		"lf",
		"io",
		"sr",
		"rr",
		"dc",
		"de",
		"ac",
		"nr",
		"ht",
		"sf",
		"ar",
		"wf",
		"dd",
		"sd",
		"mm",
		"hg",
		"nh",
		"mg",
		"bt",
		"mt",
		"um",
		"uw",
		"ui",
		"ss",
		"sl",
		"dp",
		"gu",
		"nl",
		"lg",
		"al",
		/* A flag the kernel itself has no letters for, as MLOCK_ONFAULT's once was. */
		"??",
		NULL,
	};
	char *text;

	/* Some of each sort, so that there are letters to see. Not all are had on every kernel. */
	madvise(anon(1), page_size(), MADV_HUGEPAGE);
	madvise(anon(1), page_size(), MADV_MERGEABLE);
	madvise(anon(1), page_size(), MADV_WIPEONFORK);
	mlock2(anon(1), page_size(), MLOCK_ONFAULT);
	madvise(anon(1), page_size(), MADV_GUARD_INSTALL);
	syscall(SYS_mseal, anon(1), page_size(), 0);
	mmap(NULL, page_size(), PROT_READ, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);

	text = OFFERED(slurp("/proc/self/smaps"), "smaps", ENOENT);
	for_each_line(line, text) {
		const char *value = str_after(line, "VmFlags:");
		char *save = NULL, *flags = value ? strdup(value) : NULL;

		for (char *f = value ? strtok_r(flags, " ", &save) : NULL; f;
		     f = strtok_r(NULL, " ", &save)) {
			char told[16];

			snprintf(told, sizeof(told), "'%s'", f);
			if (!str_in(f, known) && !probe_told(told))
				NEW("VmFlags %s", told);
		}
		free(flags);
	}
}

PROBE(fields_known, .what = "every line smaps has for a mapping is one we have a word for",
      DECLARED)
{
	static const char *const known[] = {
		"Size",
		"KernelPageSize",
		"MMUPageSize",
		"Rss",
		"Pss",
		"Pss_Dirty",
		"Shared_Clean",
		"Shared_Dirty",
		"Private_Clean",
		"Private_Dirty",
		"Referenced",
		"Anonymous",
		"KSM",
		"LazyFree",
		"AnonHugePages",
		"ShmemPmdMapped",
		"FilePmdMapped",
		"Shared_Hugetlb",
		"Private_Hugetlb",
		"Swap",
		"SwapPss",
		"Locked",
		"THPeligible",
		"ProtectionKey",
		"VmFlags",
		NULL,
	};
	char *text = OFFERED(slurp("/proc/self/smaps"), "smaps", ENOENT);

	for_each_line(line, text) {
		if (line[0] < 'A' || line[0] > 'Z')
			continue;
		line[strcspn(line, ":")] = '\0';
		if (!str_in(line, known) && !probe_told(line))
			NEW("smaps line %s", line);
	}
}

PROBE(advice, .what = "VmFlags shows each madvise a restorer has to repeat, and its undoing",
      DECLARED)
{
	static const struct {
		const char *letters;
		int set, unset;
		bool optional;
	} advice[] = {
		{ "dc", MADV_DONTFORK, MADV_DOFORK, false },
		{ "dd", MADV_DONTDUMP, MADV_DODUMP, false },
		{ "sr", MADV_SEQUENTIAL, MADV_NORMAL, false },
		{ "rr", MADV_RANDOM, MADV_NORMAL, false },
		{ "wf", MADV_WIPEONFORK, MADV_KEEPONFORK, false },
		{ "mg", MADV_MERGEABLE, MADV_UNMERGEABLE, true }, /* CONFIG_KSM */
		{ "hg", MADV_HUGEPAGE, MADV_NOHUGEPAGE, true },   /* CONFIG_TRANSPARENT_HUGEPAGE */
		{ "nh", MADV_NOHUGEPAGE, MADV_HUGEPAGE, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(advice); i++) {
		char *p = anon(3);
		bool before = vma_flag(0, p + page_size(), advice[i].letters), during, after;

		if (madvise(p + page_size(), page_size(), advice[i].set) < 0) {
			if (errno == EINVAL && advice[i].optional)
				continue;
			BROKEN("madvise for %s: %s", advice[i].letters, errno_name(errno));
		}
		during = vma_flag(0, p + page_size(), advice[i].letters);
		if (vma_flag(0, p, advice[i].letters))
			DEVIATES("VmFlags %s on a neighbour of the advised page",
				 advice[i].letters);
		NEED(madvise(p + page_size(), page_size(), advice[i].unset));
		after = vma_flag(0, p + page_size(), advice[i].letters);
		if (before || !during || after)
			DEVIATES("VmFlags %s: %d before, %d during, %d after the advice",
				 advice[i].letters, before, during, after);
	}
}

PROBE(made_so, .what = "VmFlags shows MAP_GROWSDOWN, MAP_NORESERVE and MAP_SHARED mappings",
      DECLARED)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *plain = anon(1);

	PROMISE(vma_flag(0, map(-1, 1, PROT_READ, flags | MAP_GROWSDOWN), "gd"));
	PROMISE(vma_flag(0, map(-1, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS), "sh"));
	/* Without overcommit the flag is ignored. */
	if (atoi(NEED(slurp("/proc/sys/vm/overcommit_memory"))) != 2)
		PROMISE(vma_flag(0, map(-1, 1, PROT_READ, flags | MAP_NORESERVE), "nr"));
	PROMISE(!vma_flag(0, plain, "gd"));
	PROMISE(!vma_flag(0, plain, "sh"));
	PROMISE(!vma_flag(0, plain, "nr"));
}

PROBE(locked, .what = "VmFlags shows locked memory, on fault or at once; status counts it",
      .since = "4.4", .commit = "a8ca5d0ecbdd", .kconfig = "CONFIG_PROC_PAGE_MONITOR",
      .source = "mlock(2), proc_pid_smaps(5)")
{
	char *p = anon(6);

	NEED(mlock(p, 2 * page_size()));
	NEED(mlock2(p + 4 * page_size(), page_size(), MLOCK_ONFAULT));
	PROMISE(vma_flag(0, p, "lo"));
	PROMISE(!vma_flag(0, p + 2 * page_size(), "lo"));
	PROMISE(vma_flag(0, p + 4 * page_size(), "lo"));
	PROMISE_EQ(atoi(NEED(status_field(0, "VmLck"))), 3 * page_size() / 1024);
	NEED(munlock(p, 6 * page_size()));
	PROMISE(!vma_flag(0, p, "lo"));
	PROMISE(!vma_flag(0, p + 4 * page_size(), "lo"));
	PROMISE_EQ(atoi(NEED(status_field(0, "VmLck"))), 0);
}

PROBE(locked_on_fault, .what = "VmFlags says lf of memory whose pages are locked as they come",
      .since = "6.12", .kconfig = "CONFIG_PROC_PAGE_MONITOR", .source = "proc_pid_smaps(5)")
{
	char *p = anon(4);

	NEED(mlock(p, page_size()));
	NEED(mlock2(p + 2 * page_size(), page_size(), MLOCK_ONFAULT));
	PROMISE(!vma_flag(0, p, "lf"));
	if (!vma_flag(0, p + 2 * page_size(), "lf"))
		ABSENT("VmFlags has no lf for memory locked on fault");
	NEED(munlock(p, 4 * page_size()));
	PROMISE(!vma_flag(0, p + 2 * page_size(), "lf"));
}

PROBE(wipe_on_fork, .what = "VmFlags says wf of memory that a child gets wiped", .since = "4.14",
      .commit = "d2cd9ede6e19", .kconfig = "CONFIG_PROC_PAGE_MONITOR", .source = "madvise(2)",
      .guards = "wipeonfork-flag")
{
	char *p = anon(1), *shared = map(-1, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
	pid_t pid;

	OFFERED(madvise(p, page_size(), MADV_WIPEONFORK), "MADV_WIPEONFORK", EINVAL);
	PROMISE(vma_flag(0, p, "wf"));
	PROMISE_FAILS(madvise(shared, page_size(), MADV_WIPEONFORK), EINVAL);
	p[7] = 'x';
	pid = spawn();
	if (pid == 0) {
		PROMISE_EQ(p[7], 0);
		/* And its own child's in turn. */
		PROMISE(vma_flag(0, p, "wf"));
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(p[7], 'x');
}

PROBE(droppable, .what = "VmFlags says dp of MAP_DROPPABLE memory, which a child gets wiped",
      .since = "6.11", .commit = "9651fcedf7b9", .kconfig = "CONFIG_PROC_PAGE_MONITOR CONFIG_64BIT",
      .source = "mmap(2), mm/mmap.c", .guards = "map-droppable-flag")
{
	char *p = OFFERED(mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			       MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0),
			  "MAP_DROPPABLE", EINVAL, ENOTSUP);
	pid_t pid;

	PROMISE(vma_flag(0, p, "dp"));
	PROMISE(vma_flag(0, p, "wf"));
	PROMISE(vma_flag(0, p, "dd"));
	p[7] = 'x';
	pid = spawn();
	if (pid == 0) {
		PROMISE_EQ(p[7], 0);
		_exit(0);
	}
	reap_good(pid);
	PROMISE_FAILS(
		mmap(NULL, page_size(), PROT_READ, MAP_DROPPABLE, NEED(memfd_create("x", 0)), 0),
		EINVAL, ENOTSUP);
}

PROBE(sealed, .what = "VmFlags says sl of sealed memory, which can no longer be changed",
      .since = "6.10", .commit = "8be7258aad44", .kconfig = "CONFIG_PROC_PAGE_MONITOR CONFIG_64BIT",
      .source = "Documentation/userspace-api/mseal.rst")
{
	char *p = anon(3), *sealed = p + page_size();
	const size_t one = page_size();

	OFFERED(syscall(SYS_mseal, sealed, one, 0), "mseal");
	PROMISE_FAILS(munmap(sealed, one), EPERM);
	PROMISE_FAILS(munmap(p, 3 * one), EPERM);
	PROMISE_FAILS(mprotect(sealed, one, PROT_READ), EPERM);
	PROMISE_FAILS(mremap(sealed, one, 2 * one, MREMAP_MAYMOVE), EPERM);
	PROMISE_FAILS(mmap(sealed, one, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		      EPERM);
	PROMISE_FAILS(syscall(SYS_mseal, sealed, one, 1), EINVAL);
	NEED(munmap(p, one));
	if (!vma_flag(0, sealed, "sl"))
		ABSENT("VmFlags does not tell sealed memory");
	PROMISE(!vma_flag(0, sealed + one, "sl"));
}

PROBE(guarded, .what = "VmFlags says gu of a mapping that may have guard pages", .since = "6.19",
      .kconfig = "CONFIG_PROC_PAGE_MONITOR", .source = "proc_pid_smaps(5)")
{
	char *p = anon(3), *other = anon(1);

	/* A VMA of its own, whatever lies beside it. */
	NEED(mprotect(other, page_size(), PROT_READ));
	OFFERED(madvise(p + page_size(), page_size(), MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL",
		EINVAL);
	if (!vma_flag(0, p, "gu"))
		ABSENT("VmFlags does not tell where guard pages may be");
	PROMISE(!vma_flag(0, other, "gu"));
}

PROBE(thp_disable, .what = "PR_SET_THP_DISABLE leaves no nh in the VmFlags of later mappings",
      .since = "4.13", .commit = "1860033237d4",
      .kconfig = "CONFIG_TRANSPARENT_HUGEPAGE CONFIG_PROC_PAGE_MONITOR",
      .source = "PR_SET_THP_DISABLE(2const)", .guards = "thp-disable-vmflag")
{
	pid_t pid;

	OFFERED(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), "PR_SET_THP_DISABLE", EINVAL);
	PROMISE(!vma_flag(0, anon(1024), "nh"));
	PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 1);
	pid = spawn();
	if (pid == 0) {
		PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 1);
		NEED(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 1);
}

PROBE(protection_key, .what = "smaps shows the protection key of a mapping", .since = "4.9",
      .kconfig = "CONFIG_ARCH_HAS_PKEYS", .source = "proc_pid_smaps(5), pkeys(7)")
{
	char *p = anon(3), *text, *line;
	char range[64];
	int key, shown = -1;

	/* x86, and arm64 with its permission overlays; ppc64 shows no flag. */
	if (!cpu_has("pku") && !cpu_has("poe"))
		MACHINE_LACKS("this CPU has no protection keys");
	key = OFFERED(pkey_alloc(0, 0), "protection keys", EINVAL, ENOSPC);
	NEED(pkey_mprotect(p + page_size(), page_size(), PROT_READ, key));
	text = NEED(slurp("/proc/self/smaps"));
	snprintf(range, sizeof(range), "%lx-%lx ", (long)(p + page_size()),
		 (long)(p + 2 * page_size()));
	line = strstr(text, range);
	PROMISE(line);
	line = strstr(line, "ProtectionKey:");
	PROMISE(line && sscanf(line, "ProtectionKey: %d", &shown) == 1);
	PROMISE_EQ(shown, key);
	PROMISE_FAILS(pkey_mprotect(p, page_size(), PROT_READ, 15), EINVAL);
}
