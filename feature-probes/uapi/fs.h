// SPDX-License-Identifier: GPL-2.0-only
/* What linux/fs.h has for /proc/PID/pagemap and maps, as of 7.3. */
#ifndef UAPI_FS_H
#define UAPI_FS_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* 6.7 */
struct uapi_page_region {
	__u64 start, end, categories;
};

struct uapi_pm_scan_arg {
	__u64 size, flags;
	__u64 start, end, walk_end;
	__u64 vec, vec_len, max_pages;
	__u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define UAPI_PAGEMAP_SCAN _IOWR('f', 16, struct uapi_pm_scan_arg)

#define UAPI_PAGE_IS_WPALLOWED  (1 << 0)
#define UAPI_PAGE_IS_WRITTEN    (1 << 1)
#define UAPI_PAGE_IS_FILE       (1 << 2)
#define UAPI_PAGE_IS_PRESENT    (1 << 3)
#define UAPI_PAGE_IS_SWAPPED    (1 << 4)
#define UAPI_PAGE_IS_PFNZERO    (1 << 5)
#define UAPI_PAGE_IS_HUGE       (1 << 6)
#define UAPI_PAGE_IS_SOFT_DIRTY (1 << 7) /* 6.8 */
#define UAPI_PAGE_IS_GUARD      (1 << 8) /* 6.16 */
#define UAPI_PAGE_IS_ACCESSED   (1 << 9) /* 7.3 */

#define UAPI_PM_SCAN_WP_MATCHING   (1 << 0)
#define UAPI_PM_SCAN_CHECK_WPASYNC (1 << 1)

/* 6.11 */
struct uapi_procmap_query {
	__u64 size, query_flags, query_addr;
	__u64 vma_start, vma_end, vma_flags, vma_page_size, vma_offset;
	__u64 inode;
	__u32 dev_major, dev_minor;
	__u32 vma_name_size, build_id_size;
	__u64 vma_name_addr, build_id_addr;
};

#define UAPI_PROCMAP_QUERY            _IOWR('f', 17, struct uapi_procmap_query)
#define UAPI_PROCMAP_COVERING_OR_NEXT 0x10

#define UAPI_PROCMAP_READABLE   0x1
#define UAPI_PROCMAP_WRITABLE   0x2
#define UAPI_PROCMAP_EXECUTABLE 0x4
#define UAPI_PROCMAP_SHARED     0x8

#endif
