// SPDX-License-Identifier: GPL-2.0-only
/* Memory in pages of hugetlb: which size they are of, and which of a file's hold anything. */
#ifndef MEMORY_HUGE_H
#define MEMORY_HUGE_H

#include <stdint.h>

#include "engine/kernel/maps.h"
#include "engine/kernel/pagemap.h"

/* MAP_HUGETLB and the size of a page, as mmap(2) takes them; 0: a mapping of usual pages. */
uint32_t huge_flags(const struct vm_area *a);

/*
 * Bytes in a page, by the flags of mmap(2) or memfd_create(2), which have a common place for that;
 * 0: of such a size there is none. Without one in them it is the machine's choice.
 */
uint64_t huge_page_size(uint32_t flags);

/* Is it one of hugetlbfs? */
bool huge_file(int fd);

/* Adds the pages that a file of hugetlbfs, of whole pages, holds. */
int huge_file_runs(int fd, struct page_runs *to);

#endif
