// SPDX-License-Identifier: GPL-2.0-only
/* For tests of seccomp: a filter that does something about one system call. */
#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "zdtm.h"

/* Gives what seccomp(2) gives; the calling thread must have no_new_privs. */
static inline long filter_call(long nr, uint32_t action, unsigned int flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* In calls that do not fail by themselves, numbers that are nobody's. */
static inline long filter_errno(long nr, int err, unsigned int flags)
{
	return filter_call(nr, SECCOMP_RET_ERRNO | err, flags);
}

#endif
