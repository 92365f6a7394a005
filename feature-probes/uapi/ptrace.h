// SPDX-License-Identifier: GPL-2.0-only
/* ptrace requests that older headers lack, as of 6.18. */
#ifndef UAPI_PTRACE_H
#define UAPI_PTRACE_H

#include <linux/types.h>
#include <sys/ptrace.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP (1 << 21)
#endif

#define UAPI_PTRACE_SECCOMP_GET_FILTER     0x420c
#define UAPI_PTRACE_SECCOMP_GET_METADATA   0x420d
#define UAPI_PTRACE_GET_SYSCALL_INFO       0x420e
#define UAPI_PTRACE_GET_RSEQ_CONFIGURATION 0x420f /* 5.13 */
#define UAPI_PTRACE_SET_SUD_CONFIG         0x4210 /* 6.4 */
#define UAPI_PTRACE_GET_SUD_CONFIG         0x4211 /* 6.4 */
#define UAPI_PTRACE_SET_SYSCALL_INFO       0x4212 /* 6.16 */

struct uapi_ptrace_rseq_configuration {
	__u64 rseq_abi_pointer;
	__u32 rseq_abi_size, signature, flags, pad;
};

struct uapi_ptrace_sud_config {
	__u64 mode, selector, offset, len;
};

struct uapi_seccomp_metadata {
	__u64 filter_off, flags;
};

struct uapi_ptrace_syscall_info {
	__u8 op;
	__u8 reserved;
	__u16 flags;
	__u32 arch;
	__u64 instruction_pointer, stack_pointer;
	union {
		struct {
			__u64 nr, args[6];
		} entry;
		struct {
			__s64 rval;
			__u8 is_error;
		} exit;
		struct {
			__u64 nr, args[6];
			__u32 ret_data, reserved2;
		} seccomp;
	};
};

#define UAPI_SYSCALL_INFO_NONE  0
#define UAPI_SYSCALL_INFO_ENTRY 1
#define UAPI_SYSCALL_INFO_EXIT  2

#endif
