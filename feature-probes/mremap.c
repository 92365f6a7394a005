// SPDX-License-Identifier: GPL-2.0-only
/* mremap(2): what a restorer puts every private mapping in its place with. */
#include "probe.h"

#define DECLARED(release) .since = release, .kconfig = "CONFIG_MMU", .source = "mremap(2)"

static char *anon(size_t count)
{
	return map(-1, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

static void move(char *from, char *to, size_t count)
{
	size_t n = count * page_size();

	PROMISE_EQ(NEED(mremap(from, n, n, MREMAP_MAYMOVE | MREMAP_FIXED, to)), to);
}

PROBE(fixed, .what = "a moved mapping keeps content, advice, file and offset; the target goes",
      DECLARED("2.4"))
{
	int fd = workfile("file");
	char *p = pages(4), *to = anon(6), *file;
	struct vma v;

	strcpy(p + page_size(), "content");
	NEED(madvise(p, 4 * page_size(), MADV_DONTFORK));
	NEED(mprotect(p, 4 * page_size(), PROT_READ));
	strcpy(to, "below");
	strcpy(to + page_size(), "victim");
	move(p, to + page_size(), 4);
	PROMISE_STR(to + 2 * page_size(), "content");
	PROMISE_STR(to, "below");
	PROMISE_STR(to + page_size(), "");
	PROMISE(vma_flag(0, to + page_size(), "dc"));
	PROMISE(!vma_flag(0, to, "dc"));
	NEED(vma_at(0, to + page_size(), &v));
	PROMISE_STR(v.perms, "r--p");
	PROMISE_FAILS(vma_at(0, p, &v), ENOENT);

	NEED(ftruncate(fd, 3 * page_size()));
	NEED(pwrite(fd, "second", 6, page_size()));
	file = map(fd, 3, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	strcpy(file + 2 * page_size(), "own");
	move(file + page_size(), to, 2);
	PROMISE_STR(to, "second");
	PROMISE_STR(to + page_size(), "own");
	NEED(vma_at(0, to, &v));
	PROMISE_EQ(v.pgoff, page_size());
	PROMISE(str_ends_with(v.name, "/file"));
}

PROBE(duplicate, .what = "an old size of 0 maps shared memory a second time", DECLARED("2.4"))
{
	char *p = map(-1, 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS), *to = anon(2);

	PROMISE_EQ(NEED(mremap(p, 0, 2 * page_size(), MREMAP_MAYMOVE | MREMAP_FIXED, to)), to);
	strcpy(to, "both");
	PROMISE_STR(p, "both");
	PROMISE_FAILS(mremap(anon(1), 0, page_size(), MREMAP_MAYMOVE), EINVAL);
}

PROBE(dont_unmap, .what = "MREMAP_DONTUNMAP takes the pages and leaves the mapping", .since = "5.7",
      .commit = "e346b3813067", .kconfig = "CONFIG_MMU", .source = "mremap(2)")
{
	const int dont_unmap = 4;
	char *p = pages(2), *to;
	struct vma v;

	strcpy(p, "content");
	to = OFFERED(mremap(p, 2 * page_size(), 2 * page_size(), MREMAP_MAYMOVE | dont_unmap, NULL),
		     "MREMAP_DONTUNMAP", EINVAL);
	PROMISE_NE(to, p);
	PROMISE_STR(to, "content");
	NEED(vma_at(0, p, &v));
	PROMISE_STR(p, "");
}

PROBE(huge, .what = "memory in huge pages comes whole through moves to any address",
      DECLARED("3.14"), .guards = "mremap-thp-split-ptlock")
{
	const size_t huge = 2 << 20, in_huge = huge / page_size(), n = 5 * in_huge;
	char *area = map(-1, 16 * in_huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	char *p = (char *)(((uintptr_t)area + huge - 1) & ~(huge - 1)), *at = p;
	const size_t steps[] = { 6 * huge, 0, 8 * huge + page_size(), huge + 3 * page_size() };

	NEED(mprotect(p, n * page_size(), PROT_READ | PROT_WRITE));
	/* Where there are none, small pages are moved. */
	madvise(p, n * page_size(), MADV_HUGEPAGE);
	for (size_t i = 0; i < n; i++)
		*(size_t *)(p + i * page_size()) = i + 1;
	for (size_t s = 0; s < ARRAY_SIZE(steps); s++) {
		move(at, p + steps[s], n);
		at = p + steps[s];
		for (size_t i = 0; i < n; i++)
			PROMISE_EQ(*(size_t *)(at + i * page_size()), i + 1);
	}
}

PROBE(hugetlb, .what = "hugetlb mappings can be moved", .since = "5.16", .commit = "550a7d60bd5e",
      .kconfig = "CONFIG_HUGETLBFS", .source = "mremap(2)", .guards = "hugetlb-mremap")
{
	const size_t huge = 2 << 20;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	bool filled = true;
	char *area, *to;

	area = mmap(NULL, huge, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (area == MAP_FAILED && errno == ENOMEM) {
		/* No pages are in the pool: an empty mapping can be had, and moved, all the same. */
		filled = false;
		area = mmap(NULL, huge, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, -1, 0);
	}
	OFFERED(area, "hugetlb mappings", EINVAL, ENODEV, ENOENT);
	if (filled)
		strcpy(area, "content");
	to = map(-1, 2 * huge / page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	to = (char *)(((uintptr_t)to + huge - 1) & ~(huge - 1));
	OFFERED(mremap(area, huge, huge, MREMAP_MAYMOVE | MREMAP_FIXED, to), "mremap of hugetlb",
		EINVAL);
	PROMISE(vma_flag(0, to, "ht"));
	if (filled)
		PROMISE_STR(to, "content");
}
