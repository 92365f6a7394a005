// SPDX-License-Identifier: GPL-2.0-only
/* Flags and advice newer than some headers. */
#ifndef UAPI_MMAN_H
#define UAPI_MMAN_H

#include <sys/mman.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08 /* 6.11 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* 6.1 */
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* 6.13 */
#define MADV_GUARD_REMOVE  103
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* 6.3 */
#define MFD_EXEC        0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020 /* 6.3 */
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

/* Bits of a /proc/PID/pagemap entry. */
#define PM_SOFT_DIRTY (1ULL << 55)
#define PM_EXCLUSIVE  (1ULL << 56) /* mapped by one task only */
#define PM_UFFD_WP    (1ULL << 57)
#define PM_GUARD      (1ULL << 58) /* 6.15 */
#define PM_FILE       (1ULL << 61) /* of a file, or shared anonymous */
#define PM_SWAP       (1ULL << 62)
#define PM_PRESENT    (1ULL << 63)
#define PM_PFN_MASK   ((1ULL << 55) - 1)

#endif
