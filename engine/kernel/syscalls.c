// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscalls.h"

#define RET(call)                                                                                  \
	({                                                                                         \
		long ret_ = (call);                                                                \
		ret_ < 0 ? -errno : (int)ret_;                                                     \
	})

int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return RET(syscall(SYS_pidfd_open, pid, flags));
}

int sys_pidfd_getfd(int pidfd, int fd)
{
	return RET(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

int sys_pidfd_send_signal(int pidfd, int sig)
{
	return RET(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

int sys_process_mrelease(int pidfd)
{
	return RET(syscall(SYS_process_mrelease, pidfd, 0));
}

/* linux/pidfd.h of 6.13; the ioctl takes longer ones as well. */
struct pidfd_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
#define GET_INFO  _IOWR(0xff, 11, struct pidfd_info)
#define INFO_EXIT (1ULL << 3) /* 6.15 */

int sys_pidfd_exit_status(int pidfd, int *ret)
{
	struct pidfd_info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_INFO, &info) < 0)
		return -errno;
	if (!(info.mask & INFO_EXIT))
		return -ENODATA;
	*ret = info.exit_code;
	return 0;
}

int sys_kcmp_file(pid_t a, int fd_a, pid_t b, int fd_b)
{
	return RET(syscall(SYS_kcmp, a, b, KCMP_FILE, fd_a, fd_b));
}

int sys_kcmp_epoll(pid_t pid, int fd, int epoll, uint32_t tfd, uint32_t nth)
{
	struct kcmp_epoll_slot slot = { .efd = epoll, .tfd = tfd, .toff = nth };

	return RET(syscall(SYS_kcmp, pid, getpid(), KCMP_EPOLL_TFD, fd, &slot));
}

int sys_kcmp(pid_t a, pid_t b, enum kcmp_what what)
{
	static const int type[] = { [KCMP_WHAT_VM] = KCMP_VM,
				    [KCMP_WHAT_FILES] = KCMP_FILES,
				    [KCMP_WHAT_FS] = KCMP_FS,
				    [KCMP_WHAT_SIGHAND] = KCMP_SIGHAND,
				    [KCMP_WHAT_SYSVSEM] = KCMP_SYSVSEM };

	return RET(syscall(SYS_kcmp, a, b, type[what], 0, 0));
}

int sys_sched_getattr(pid_t tid, struct sched_attr_all *ret)
{
	*ret = (struct sched_attr_all){};
	return RET(syscall(SYS_sched_getattr, tid, ret, sizeof(*ret), 0));
}

int sys_ioprio_get(pid_t tid)
{
	const int who_process = 1; /* IOPRIO_WHO_PROCESS of linux/ioprio.h */

	return RET(syscall(SYS_ioprio_get, who_process, tid));
}

int sys_get_robust_list(pid_t tid, uint64_t *head, size_t *len)
{
	return RET(syscall(SYS_get_robust_list, tid, head, len));
}

pid_t sys_fork_as(pid_t pid, uint64_t flags, int exit_signal, uint32_t *made)
{
	struct clone_args args = {
		.flags = flags | CLONE_PARENT_SETTID,
		.parent_tid = (uintptr_t)made,
		.exit_signal = exit_signal,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};

	return RET(syscall(SYS_clone3, &args, sizeof(args)));
}
