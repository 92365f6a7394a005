// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/kernel/procfs.h"
#include "huge.h"

uint32_t huge_flags(const struct vm_area *a)
{
	uint64_t size = a->flags & VM_FLAG(HT) ? vm_area_number(a, "KernelPageSize") : 0;

	return size ? MAP_HUGETLB | (uint32_t)__builtin_ctzl(size) << MAP_HUGE_SHIFT : 0;
}

/* What hugetlb takes when nobody names a size; 0: this kernel has no such pages. */
static uint64_t default_size(void)
{
	_cleanup_buf_ struct buf text = {};
	uint64_t kb;

	if (read_file_at(AT_FDCWD, "/proc/meminfo", &text) < 0 ||
	    kv_u64(text.data, "Hugepagesize", 10, &kb) < 0)
		return 0;
	return kb << 10;
}

uint64_t huge_page_size(uint32_t flags)
{
	unsigned int shift = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;

	if (shift == 0)
		return default_size();
	return (1ULL << shift) > PAGE && shift < 40 ? 1ULL << shift : 0;
}

bool huge_file(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC;
}

static bool all_zero(const char *data, size_t n)
{
	return data[0] == 0 && memcmp(data, data + 1, n - 1) == 0;
}

/*
 * hugetlbfs finds neither data nor holes, but tells how many pages it holds. Which of those that
 * read as zeros they are nobody can tell: as many of them are saved.
 */
int huge_file_runs(int fd, struct page_runs *to)
{
	_cleanup_free_ char *page = NULL;
	_cleanup_free_ bool *full = NULL;
	struct stat st;
	size_t n, held;
	int r = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	n = st.st_size / st.st_blksize;
	held = st.st_blocks * 512 / st.st_blksize;
	if (held == 0 || held >= n)
		return held && n ? page_runs_add(to, 0, st.st_size) : 0;
	page = malloc(st.st_blksize);
	full = calloc(n, sizeof(*full));
	if (!page || !full)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = pread_full(fd, page, st.st_blksize, i * st.st_blksize);
		full[i] = r == 0 && !all_zero(page, st.st_blksize);
		held -= full[i];
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!full[i] && held == 0)
			continue;
		held -= !full[i];
		r = page_runs_add(to, i * st.st_blksize, (i + 1) * st.st_blksize);
	}
	return r;
}
