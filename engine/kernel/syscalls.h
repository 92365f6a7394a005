// SPDX-License-Identifier: GPL-2.0-only
/* System calls the C library has no word for, or has too young a one. Errors are -errno. */
#ifndef KERNEL_SYSCALLS_H
#define KERNEL_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int sys_pidfd_open(pid_t pid, unsigned int flags);
int sys_pidfd_getfd(int pidfd, int fd);
int sys_pidfd_send_signal(int pidfd, int sig);
/* How a process ended that is gone, as wait(2) tells it. -ENODATA, -ENOTTY: nobody can know, before 6.15. */
int sys_pidfd_exit_status(int pidfd, int *ret);

/* Frees the memory of who is being killed, as it does itself, at the same time. Since 5.15. */
int sys_process_mrelease(int pidfd);

/*
 * kcmp(2). Orders two descriptors' open files: 0 the same, 1 less, 2 greater; the order holds
 * among all open files for as long as they live.
 */
int sys_kcmp_file(pid_t a, int fd_a, pid_t b, int fd_b);
/*
 * Orders a descriptor's open file against what an epoll watches: the entry number `nth` of those
 * that were added under number `tfd`, in the order of fdinfo. `epoll` is ours.
 */
int sys_kcmp_epoll(pid_t pid, int fd, int epoll, uint32_t tfd, uint32_t nth);
enum kcmp_what {
	KCMP_WHAT_VM = 1,
	KCMP_WHAT_FILES,
	KCMP_WHAT_FS,
	KCMP_WHAT_SIGHAND,
	KCMP_WHAT_SYSVSEM
};
int sys_kcmp(pid_t a, pid_t b, enum kcmp_what what);

/* linux/sched/types.h, first published version and the two fields of 5.3. */
struct sched_attr_all {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};
int sys_sched_getattr(pid_t tid, struct sched_attr_all *ret);

int sys_ioprio_get(pid_t tid);

int sys_get_robust_list(pid_t tid, uint64_t *head, size_t *len);

/*
 * clone3(2) that forks: the child gets exactly this pid. Returns like fork(2), errors as -errno. *made
 * gets the pid before the child runs, and even if the caller is killed meanwhile.
 */
pid_t sys_fork_as(pid_t pid, uint64_t flags, int exit_signal, uint32_t *made);

#endif
