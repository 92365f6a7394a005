// SPDX-License-Identifier: GPL-2.0-only
/* linux/userfaultfd.h, and what it has got since 6.1. */
#ifndef UAPI_USERFAULTFD_H
#define UAPI_USERFAULTFD_H

#include <linux/userfaultfd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1 /* 5.11 */
#endif

#define UAPI_UFFD_FEATURE_POISON   (1 << 14) /* 6.6 */
#define UAPI_UFFD_FEATURE_WP_ASYNC (1 << 15) /* 6.7 */
#define UAPI_UFFD_FEATURE_MOVE     (1 << 16) /* 6.8 */

struct uapi_uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move;
};

struct uapi_uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};

#define UAPI_UFFDIO_MOVE   _IOWR(UFFDIO, 0x05, struct uapi_uffdio_move)
#define UAPI_UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uapi_uffdio_poison)

#endif
