// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "pagemap.h"

/* include/uapi/linux/fs.h of 6.7; Debian 12's headers are older. */
struct pm_scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
struct pm_region {
	uint64_t start, end, categories;
};
#define PM_SCAN    _IOWR('f', 16, struct pm_scan)
#define PM_FILE    (1 << 2)
#define PM_PRESENT (1 << 3)
#define PM_SWAPPED (1 << 4)
#define PM_PFNZERO (1 << 5)
#define PM_GUARD   (1 << 8)

/* The words of /proc/PID/pagemap: Documentation/admin-guide/mm/pagemap.rst. */
#define WORD_PRESENT (1ULL << 63)
#define WORD_SWAPPED (1ULL << 62)
#define WORD_FILE    (1ULL << 61)
#define WORD_PFN     ((1ULL << 55) - 1)

void page_runs_done(struct page_runs *r)
{
	free(r->run);
	*r = (struct page_runs){};
}

int page_runs_add(struct page_runs *r, uint64_t start, uint64_t end)
{
	r->pages += (end - start) / PAGE;
	if (r->n && r->run[r->n - 1].end == start) {
		r->run[r->n - 1].end = end;
		return 0;
	}
	if (r->n == r->cap) {
		unsigned int cap = MAX(r->cap * 2, 32U);
		struct page_run *run = realloc(r->run, cap * sizeof(*run));

		if (!run)
			return -ENOMEM;
		r->run = run;
		r->cap = cap;
	}
	r->run[r->n++] = (struct page_run){ start, end };
	return 0;
}

/* The zero page's frame number, seen through a page of our own; 0 when frame numbers are hidden. */
static uint64_t find_zero_pfn(void)
{
	static uint64_t known = -1;
	uint64_t found = __atomic_load_n(&known, __ATOMIC_RELAXED), word;
	_cleanup_close_ int fd = -EBADF;
	volatile char *page;

	if (found != (uint64_t)-1)
		return found;
	found = 0;
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 0;
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && page[0] == 0 &&
	    pread(fd, &word, sizeof(word), (uintptr_t)page / PAGE * sizeof(word)) == sizeof(word))
		found = word & WORD_PFN;
	munmap((void *)page, PAGE);
	/* Several may ask at once: no half of an answer is to be seen. */
	__atomic_store_n(&known, found, __ATOMIC_RELAXED);
	return found;
}

static int scan(struct pagemap *m, struct pm_scan arg, struct page_runs *to)
{
	struct pm_region region[512];

	arg.size = sizeof(arg);
	arg.vec = (uintptr_t)region;
	arg.vec_len = ARRAY_SIZE(region);
	while (arg.start < arg.end) {
		int n = ioctl(m->fd, PM_SCAN, &arg), r;

		if (n < 0)
			return -errno;
		for (int i = 0; i < n; i++) {
			r = page_runs_add(to, region[i].start, region[i].end);
			if (r < 0)
				return r;
		}
		arg.start = arg.walk_end;
	}
	return 0;
}

int pagemap_open(int proc, struct pagemap *ret)
{
	struct pm_scan none = { .size = sizeof(none) };
	struct pm_scan guard = { .size = sizeof(guard), .category_mask = PM_GUARD };

	ret->fd = openat(proc, "pagemap", O_RDONLY | O_CLOEXEC);
	if (ret->fd < 0)
		return -errno;
	/* An empty scan tells whether the ioctl is there. */
	ret->scan = ioctl(ret->fd, PM_SCAN, &none) == 0;
	ret->guard = ioctl(ret->fd, PM_SCAN, &guard) == 0;
	ret->zero_pfn = ret->scan ? 0 : find_zero_pfn();
	return 0;
}

void pagemap_close(struct pagemap *m)
{
	cleanup_close(&m->fd);
	m->fd = -EBADF;
}

static bool own_page(const struct pagemap *m, uint64_t word)
{
	if (word & WORD_SWAPPED)
		return !(word & WORD_FILE);
	if (!(word & WORD_PRESENT) || (word & WORD_FILE))
		return false;
	return !m->zero_pfn || (word & WORD_PFN) != m->zero_pfn;
}

static int scan_used(struct pagemap *m, uint64_t start, uint64_t end, uint64_t not,
		     struct page_runs *to)
{
	/* A guard is kept like a swapped-out page, and shows as one. */
	if (m->guard)
		not |= PM_GUARD;
	return scan(m,
		    (struct pm_scan){
			    .start = start,
			    .end = end,
			    .category_inverted = not,
			    .category_mask = not,
			    .category_anyof_mask = PM_PRESENT | PM_SWAPPED,
		    },
		    to);
}

int pagemap_private(struct pagemap *m, uint64_t start, uint64_t end, uint64_t at_most,
		    struct page_runs *to)
{
	const size_t at_once = 1 << 15;
	_cleanup_free_ uint64_t *word = NULL;
	uint64_t enough = to->pages + at_most;

	if (m->scan)
		return scan_used(m, start, end, PM_FILE | PM_PFNZERO, to);
	word = malloc(at_once * sizeof(*word));
	if (!word)
		return -ENOMEM;

	while (start < end && to->pages < enough) {
		size_t want = MIN((end - start) / PAGE, at_once);
		ssize_t got =
			pread(m->fd, word, want * sizeof(*word), start / PAGE * sizeof(*word));
		int r;

		if (got < 0)
			return -errno;
		if (got < (ssize_t)sizeof(*word))
			return -ENODATA;
		for (size_t i = 0; i < got / sizeof(*word); i++, start += PAGE) {
			if (!own_page(m, word[i]))
				continue;
			r = page_runs_add(to, start, start + PAGE);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int pagemap_anonymous(struct pagemap *m, uint64_t start, uint64_t end, uint64_t at_most,
		      struct page_runs *to)
{
	return m->scan ? scan_used(m, start, end, PM_PFNZERO, to)
		       : pagemap_private(m, start, end, at_most, to);
}

int pagemap_guards(struct pagemap *m, uint64_t start, uint64_t end, struct page_runs *to)
{
	if (!m->guard)
		return -ENOTTY;
	return scan(m,
		    (struct pm_scan){
			    .start = start,
			    .end = end,
			    .category_mask = PM_GUARD,
		    },
		    to);
}
