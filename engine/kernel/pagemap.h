// SPDX-License-Identifier: GPL-2.0-only
/* Which pages of a task hold content of its own: PAGEMAP_SCAN (since 6.7), else /proc/PID/pagemap. */
#ifndef KERNEL_PAGEMAP_H
#define KERNEL_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE 4096UL

struct page_run {
	uint64_t start, end; /* bytes */
};

struct page_runs {
	struct page_run *run;
	unsigned int n, cap;
	uint64_t pages;
};

void page_runs_done(struct page_runs *r);
int page_runs_add(struct page_runs *r, uint64_t start, uint64_t end);

struct pagemap {
	int fd;
	bool scan;  /* PAGEMAP_SCAN works */
	bool guard; /* and tells guard pages */
	uint64_t zero_pfn;
};

int pagemap_open(int proc, struct pagemap *ret);
void pagemap_close(struct pagemap *m);

/*
 * Adds to `to` the pages of [start, end) that are private to the task and not the zero page:
 * present or swapped out, not of a file and not of shared memory. There are at most so many of them:
 * without PAGEMAP_SCAN a large mapping takes long to search to its end.
 */
int pagemap_private(struct pagemap *m, uint64_t start, uint64_t end, uint64_t at_most,
		    struct page_runs *to);

/*
 * The same where there is anonymous memory and nothing else: no page has to be looked at to know that
 * it is not a file's, which is a tenth of the work.
 */
int pagemap_anonymous(struct pagemap *m, uint64_t start, uint64_t end, uint64_t at_most,
		      struct page_runs *to);

/*
 * Adds the guard pages (MADV_GUARD_INSTALL, since 6.13) of [start, end). A kernel that has no way
 * to tell (PAGE_IS_GUARD is younger than the guards) gives -ENOTTY.
 */
int pagemap_guards(struct pagemap *m, uint64_t start, uint64_t end, struct page_runs *to);

#endif
