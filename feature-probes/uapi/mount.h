// SPDX-License-Identifier: GPL-2.0-only
/* linux/mount.h beyond what the C library's sys/mount.h has, as of 6.18. */
#ifndef UAPI_MOUNT_H
#define UAPI_MOUNT_H

#include <linux/types.h>
#include <sys/mount.h>

#define UAPI_MOVE_MOUNT_BENEATH 0x200 /* 6.5 */

#define UAPI_STATX_MNT_ID        0x1000U /* 5.8 */
#define UAPI_STATX_MNT_ID_UNIQUE 0x4000U /* 6.8 */

/* 6.8; mnt_ns_id is 6.11. */
struct uapi_mnt_id_req {
	__u32 size, spare;
	__u64 mnt_id, param, mnt_ns_id;
};

#define UAPI_MNT_ID_REQ_SIZE_VER0 24
#define UAPI_LSMT_ROOT            0xffffffffffffffffULL

/* What is a text is an offset into str. */
struct uapi_statmount {
	__u32 size, mnt_opts;
	__u64 mask;
	__u32 sb_dev_major, sb_dev_minor;
	__u64 sb_magic;
	__u32 sb_flags, fs_type;
	__u64 mnt_id, mnt_parent_id;
	__u32 mnt_id_old, mnt_parent_id_old;
	__u64 mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	__u32 mnt_root, mnt_point;
	__u64 mnt_ns_id;
	__u32 fs_subtype, sb_source;
	__u32 opt_num, opt_array, opt_sec_num, opt_sec_array;
	__u64 supported_mask;
	__u32 mnt_uidmap_num, mnt_uidmap, mnt_gidmap_num, mnt_gidmap;
	__u64 spare[43];
	char str[];
};

#define UAPI_STATMOUNT_SB_BASIC       0x0001
#define UAPI_STATMOUNT_MNT_BASIC      0x0002
#define UAPI_STATMOUNT_PROPAGATE_FROM 0x0004
#define UAPI_STATMOUNT_MNT_ROOT       0x0008
#define UAPI_STATMOUNT_MNT_POINT      0x0010
#define UAPI_STATMOUNT_FS_TYPE        0x0020
#define UAPI_STATMOUNT_MNT_NS_ID      0x0040 /* 6.11, and what follows later */
#define UAPI_STATMOUNT_MNT_OPTS       0x0080
#define UAPI_STATMOUNT_SUPPORTED_MASK 0x1000 /* 6.15 */
#define UAPI_STATMOUNT_MNT_UIDMAP     0x2000
#define UAPI_STATMOUNT_MNT_GIDMAP     0x4000
#define UAPI_STATMOUNT_KNOWN          0x7fff

#endif
