// SPDX-License-Identifier: GPL-2.0-only
/* linux/pidfd.h as of 6.18. */
#ifndef UAPI_PIDFD_H
#define UAPI_PIDFD_H

#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/types.h>

#define UAPI_PIDFD_THREAD O_EXCL /* 6.9 */

/* 6.11 */
#define UAPI_PIDFD_GET_CGROUP_NAMESPACE            _IO(0xff, 1)
#define UAPI_PIDFD_GET_IPC_NAMESPACE               _IO(0xff, 2)
#define UAPI_PIDFD_GET_MNT_NAMESPACE               _IO(0xff, 3)
#define UAPI_PIDFD_GET_NET_NAMESPACE               _IO(0xff, 4)
#define UAPI_PIDFD_GET_PID_NAMESPACE               _IO(0xff, 5)
#define UAPI_PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE  _IO(0xff, 6)
#define UAPI_PIDFD_GET_TIME_NAMESPACE              _IO(0xff, 7)
#define UAPI_PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE _IO(0xff, 8)
#define UAPI_PIDFD_GET_USER_NAMESPACE              _IO(0xff, 9)
#define UAPI_PIDFD_GET_UTS_NAMESPACE               _IO(0xff, 10)

/* 6.13; as long as it was then: the ioctl takes any length from this one on. */
struct uapi_pidfd_info {
	__u64 mask;
	__u64 cgroupid;
	__u32 pid, tgid, ppid;
	__u32 ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	__s32 exit_code;
};

/* The same as of 6.17. */
struct uapi_pidfd_info_2 {
	struct uapi_pidfd_info info;
	__u32 coredump_mask, coredump_signal;
};

#define UAPI_PIDFD_COREDUMPED    (1U << 0) /* there was one */
#define UAPI_PIDFD_COREDUMP_SKIP (1U << 1) /* there will be none */
#define UAPI_PIDFD_COREDUMP_USER (1U << 2) /* as its owner, */
#define UAPI_PIDFD_COREDUMP_ROOT (1U << 3) /* or as root */

#define UAPI_PIDFD_GET_INFO_2          _IOWR(0xff, 11, struct uapi_pidfd_info_2)
#define UAPI_PIDFD_GET_INFO            _IOWR(0xff, 11, struct uapi_pidfd_info)
#define UAPI_PIDFD_INFO_PID            (1ULL << 0)
#define UAPI_PIDFD_INFO_CREDS          (1ULL << 1)
#define UAPI_PIDFD_INFO_CGROUPID       (1ULL << 2)
#define UAPI_PIDFD_INFO_EXIT           (1ULL << 3) /* 6.15 */
#define UAPI_PIDFD_INFO_COREDUMP       (1ULL << 4) /* 6.16 */
#define UAPI_PIDFD_INFO_SUPPORTED_MASK (1ULL << 5) /* 7.0 */
#define UAPI_PIDFD_INFO_KNOWN          0x3fULL

#define UAPI_PIDFS_MAGIC 0x50494446

#endif
