// SPDX-License-Identifier: GPL-2.0-only
/* linux/nsfs.h as of 6.19. */
#ifndef UAPI_NSFS_H
#define UAPI_NSFS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define UAPI_NS_GET_USERNS    _IO(0xb7, 1)
#define UAPI_NS_GET_PARENT    _IO(0xb7, 2)
#define UAPI_NS_GET_NSTYPE    _IO(0xb7, 3)
#define UAPI_NS_GET_OWNER_UID _IO(0xb7, 4)

/* 6.11 */
#define UAPI_NS_GET_MNTNS_ID        _IOR(0xb7, 5, __u64)
#define UAPI_NS_GET_PID_FROM_PIDNS  _IOR(0xb7, 6, int)
#define UAPI_NS_GET_TGID_FROM_PIDNS _IOR(0xb7, 7, int)
#define UAPI_NS_GET_PID_IN_PIDNS    _IOR(0xb7, 8, int)
#define UAPI_NS_GET_TGID_IN_PIDNS   _IOR(0xb7, 9, int)

/* 6.12 */
struct uapi_mnt_ns_info {
	__u32 size, nr_mounts;
	__u64 mnt_ns_id;
};

#define UAPI_NS_MNT_GET_INFO _IOR(0xb7, 10, struct uapi_mnt_ns_info)
#define UAPI_NS_MNT_GET_NEXT _IOR(0xb7, 11, struct uapi_mnt_ns_info)
#define UAPI_NS_MNT_GET_PREV _IOR(0xb7, 12, struct uapi_mnt_ns_info)

/* 6.18 */
#define UAPI_NS_GET_ID _IOR(0xb7, 13, __u64)

struct uapi_nsfs_file_handle {
	__u64 ns_id;
	__u32 ns_type, ns_inum;
};

#define UAPI_FILEID_NSFS  0xf1
#define UAPI_FD_NSFS_ROOT -10003

/* 6.19 */
struct uapi_ns_id_req {
	__u32 size, spare;
	__u64 ns_id;
	__u32 ns_type, spare2;
	__u64 user_ns_id;
};

#define UAPI_LISTNS_CURRENT_USER 0xffffffffffffffffULL

#endif
