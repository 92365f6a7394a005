// SPDX-License-Identifier: GPL-2.0-only
/* Memory of huge pages: how it is told from other memory. */
#include <sys/sysmacros.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.32", .kconfig = "CONFIG_HUGETLBFS", .source = "mmap(2), hugetlbpage.rst"

/* What one default huge page takes; nothing of it is touched, so that the pool may be empty. */
static size_t huge_size(void)
{
	char *text = NEED(slurp("/proc/meminfo")), *size = text_field(text, "Hugepagesize");

	if (!size)
		ABSENT("no huge pages (Hugepagesize in meminfo)");
	return strtoul(size, NULL, 10) * 1024;
}

static char *huge(int flags)
{
	return OFFERED(mmap(NULL, huge_size(), PROT_READ | PROT_WRITE,
			    MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE | flags, -1, 0),
		       "huge mappings", EINVAL, ENODEV, ENOENT);
}

PROBE(names, .what = "maps calls memory of huge pages /anon_hugepage, and VmFlags says ht",
      DECLARED)
{
	struct vma v;
	char *p;

	p = huge(MAP_PRIVATE);
	NEED(vma_at(0, p, &v));
	PROMISE_STR(v.name, "/anon_hugepage (deleted)");
	PROMISE_EQ(v.end - v.start, huge_size());
	PROMISE(vma_flag(0, p, "ht"));
	p = huge(MAP_SHARED);
	NEED(vma_at(0, p, &v));
	PROMISE_STR(v.name, "/anon_hugepage (deleted)");
	PROMISE_STR(v.perms, "rw-s");
}

PROBE(device, .what = "all memory of one size of huge pages is on one hidden device", DECLARED)
{
	struct vma a, b, c;

	NEED(vma_at(0, huge(MAP_PRIVATE), &a));
	NEED(vma_at(0, huge(MAP_SHARED), &b));
	PROMISE_EQ(makedev(a.major, a.minor), makedev(b.major, b.minor));
	PROMISE_NE(a.ino, b.ino);
	NEED(vma_at(0, share(1), &c));
	PROMISE_NE(makedev(a.major, a.minor), makedev(c.major, c.minor));
}

PROBE(sizes, .what = "a size of huge pages is had, or refused: EINVAL, ENOENT, ENODEV, ENOMEM",
      DECLARED)
{
	int had = 0;

	huge_size();
	for (unsigned int bits = 13; bits < 40; bits++) {
		char *p =
			mmap(NULL, 1UL << bits, PROT_READ,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE | bits << 26,
			     -1, 0);
		struct vma v;

		if (p == MAP_FAILED) {
			PROMISE(errno == EINVAL || errno == ENOENT || errno == ENODEV ||
				errno == ENOMEM);
			continue;
		}
		had++;
		NEED(vma_at(0, p, &v));
		PROMISE_EQ(v.end - v.start, 1UL << bits);
	}
	PROMISE_GT(had, 0);
}

GAP(reserved, .what = "nobody tells how many huge pages a mapping has reserved for it",
    .kconfig = "CONFIG_HUGETLBFS", .source = "hugetlbpage.rst")
{
	char *with, *without = huge(MAP_SHARED), *a, *b, *nr;

	with = mmap(NULL, huge_size(), PROT_READ | PROT_WRITE,
		    MAP_ANONYMOUS | MAP_HUGETLB | MAP_SHARED, -1, 0);
	if (with == MAP_FAILED && errno == ENOMEM)
		MACHINE_LACKS("the pool of huge pages is empty");
	NEED(with);
	a = NEED(vma_flags(0, with));
	b = NEED(vma_flags(0, without));
	/* That it may have reserved none is told: nr. Nothing else is. */
	nr = NEED(strstr(b, "nr "));
	memmove(nr, nr + 3, strlen(nr + 3) + 1);
	tried_texts("VmFlags", a, b, NULL);
}
