// SPDX-License-Identifier: GPL-2.0-only
/* Tasks: finding them, telling what they share, making them again. */
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "engine/memory/memory_task.h"
#include "engine/task/parts.h"
#include "feature.h"
#include "parasite/arch.h"

/* ---- /proc ---- */

FEATURE(proc, NEEDED, "nearly everything that is asked about tasks",
	"CONFIG_PROC_FS, /proc of this pid namespace")
{
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(proc_status_done) struct proc_status status = {};
	struct proc_stat stat;
	int r = self < 0 ? -errno : proc_read_stat(self, &stat);

	if (r == 0)
		r = proc_read_status(self, &status);
	if (r < 0)
		return no_err(r, "/proc/self");
	/* That of a namespace outside of ours has numbers of both. */
	return stat.pid == getpid() && stat.ppid == getppid() && status.ns_depth == 1
		       ? YES
		       : no("/proc is that of another pid namespace");
}

FEATURE(proc_stat, NEEDED, "where a task's program, heap, stack and arguments are",
	"CAP_SYS_PTRACE")
{
	const struct companion *c = anybody();
	_cleanup_close_ int self = proc_open(getpid(), 0);
	struct proc_stat own, theirs;
	int r;

	if (!c)
		return NO;
	r = self < 0 ? self : proc_read_stat(self, &own);
	if (r == 0)
		r = proc_read_stat(c->proc, &theirs);
	if (r < 0)
		return no_err(r, "/proc/PID/stat");
	/* A copy of ours. */
	return theirs.start_code && theirs.start_code == own.start_code &&
			       theirs.start_brk == own.start_brk && theirs.env_end == own.env_end
		       ? YES
		       : no("/proc/PID/stat does not tell");
}

FEATURE(children, NEEDED, "the tasks of a tree", "CONFIG_PROC_CHILDREN")
{
	const struct companion *c = anybody();
	_cleanup_close_ int self = proc_open(getpid(), 0);
	_cleanup_free_ pid_t *pids = NULL, *makers = NULL;
	unsigned int n;
	int r;

	if (!c)
		return NO;
	r = self < 0 ? self : proc_children(self, &pids, &makers, &n);
	if (r < 0)
		return no_err(r, "/proc/PID/task/TID/children");
	for (unsigned int i = 0; i < n; i++)
		if (pids[i] == c->pid && makers[i] == gettid())
			return YES;
	return no("/proc/PID/task/TID/children lacks a child");
}

FEATURE(limits, NEEDED, "resource limits", "CONFIG_PROC_FS")
{
	const struct companion *c = anybody();
	struct rlimit theirs[RLIM_NLIMITS], own;
	int r;

	if (!c)
		return NO;
	r = proc_limits(c->proc, theirs);
	if (r < 0)
		return no_err(r, "/proc/PID/limits");
	if (getrlimit(RLIMIT_NOFILE, &own) < 0)
		return no_err(-errno, "getrlimit");
	return theirs[RLIMIT_NOFILE].rlim_max == own.rlim_max ? YES
							      : no("/proc/PID/limits is wrong");
}

/* One that we have no more in common with than any user's task with another's. */
static enum answer be_secretive(uint64_t *word)
{
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? no_err(-errno, "PR_SET_DUMPABLE") : YES;
}

FEATURE(other_users, EXTRA, "tasks of other users, and those that are not dumpable",
	"CAP_SYS_PTRACE")
{
	_companion_ struct companion c = { .be = be_secretive };
	enum answer a = companion_start(&c);
	int r;

	if (a != YES)
		return a;
	r = sys_kcmp(getpid(), c.pid, KCMP_WHAT_VM);
	if (r == -ENOSYS)
		return no_err(r, "kcmp");
	return r < 0 ? no_err(r, "to look into one") : YES;
}

/* ---- what tasks share ---- */

FEATURE(kcmp, NEEDED, "which tasks share what, and which descriptors are one open file",
	"CONFIG_KCMP")
{
	const struct companion *c = anybody();
	_cleanup_close_ int fd = open("/", O_PATH | O_CLOEXEC), dup = -EBADF, other = -EBADF;
	pid_t self = getpid();
	int same, less, greater, shared, own;

	if (!c)
		return NO;
	dup = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	other = open("/", O_PATH | O_CLOEXEC);
	if (fd < 0 || dup < 0 || other < 0)
		return no_err(-errno, "/");
	same = sys_kcmp_file(self, fd, self, dup);
	if (same < 0)
		return no_err(same, "kcmp");
	less = sys_kcmp_file(self, fd, c->pid, ANYBODYS_PIPE);
	greater = sys_kcmp_file(c->pid, ANYBODYS_PIPE, self, fd);
	shared = sys_kcmp(self, self, KCMP_WHAT_FILES);
	own = sys_kcmp(self, c->pid, KCMP_WHAT_FILES);
	if (less < 0 || own < 0)
		return no_err(MIN(less, own), "kcmp with another task");
	return same == 0 && shared == 0 && own > 0 && less + greater == 3 &&
			       sys_kcmp_file(self, fd, self, other) > 0
		       ? YES
		       : no("kcmp is wrong");
}

FEATURE(kcmp_epoll, EXTRA, "epolls that watch what has another number by now",
	"CONFIG_KCMP, CONFIG_EPOLL, Linux 4.13")
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC), dup = -EBADF;
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	struct epoll_event e = {};
	int ends[2], number, r;

	if (epoll < 0)
		return errno == ENOSYS ? nobody("epoll_create1: %s", strerror(errno))
				       : no_err(-errno, "epoll_create1");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return no_err(-errno, "a pipe");
	in = number = ends[0];
	out = ends[1];
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, in, &e) < 0)
		return no_err(-errno, "epoll_ctl");
	/* Under the number it was added there is something else now. */
	dup = fcntl(in, F_DUPFD_CLOEXEC, 0);
	if (dup < 0 || dup3(out, number, O_CLOEXEC) < 0)
		return no_err(-errno, "a pipe");
	r = sys_kcmp_epoll(getpid(), dup, epoll, number, 0);
	if (r < 0)
		return no_err(r, "KCMP_EPOLL_TFD");
	return r == 0 && sys_kcmp_epoll(getpid(), number, epoll, number, 0) > 0
		       ? YES
		       : no("KCMP_EPOLL_TFD is wrong");
}

/* ---- descriptors of others ---- */

static enum answer fetch_descriptor(void)
{
	const struct companion *c = anybody();
	_cleanup_close_ int pidfd = -EBADF, fd = -EBADF;
	int r;

	if (!c)
		return NO;
	pidfd = sys_pidfd_open(c->pid, 0);
	if (pidfd < 0)
		return no_err(pidfd, "pidfd_open");
	fd = sys_pidfd_getfd(pidfd, ANYBODYS_PIPE);
	if (fd < 0)
		return no_err(fd, "pidfd_getfd");
	r = sys_kcmp_file(getpid(), fd, c->pid, ANYBODYS_PIPE);
	return r == 0 || r == -ENOSYS ? YES : no("pidfd_getfd gives another file");
}

FEATURE(pidfd_getfd, NEEDED, "open files of tasks, and giving them to those who share them",
	"Linux 5.6, CAP_SYS_PTRACE")
{
	return fetch_descriptor();
}

FEATURE(pidfd_store, UNUSED,
	"descriptors of processes that are kept, so that pids that are used again are known",
	"Linux 5.6")
{
	return fetch_descriptor();
}

static enum answer wait_for_a_dead_one(void)
{
	_cleanup_close_ int pidfd = -EBADF;
	int status = 0, r;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	if (pid < 0)
		return no_err(-errno, "fork");
	pidfd = sys_pidfd_open(pid, 0);
	if (waitpid(pid, NULL, 0) < 0)
		return no_err(-errno, "wait");
	if (pidfd < 0)
		return no_err(pidfd, "pidfd_open");
	r = sys_pidfd_exit_status(pidfd, &status);
	if (r < 0)
		return nobody("a pidfd does not tell: %s", strerror(-r));
	return status == 7 << 8 ? YES : no("a pidfd tells another exit status");
}

FEATURE(pidfd_exit, EXTRA, "how a process ended that a pidfd stands for", "Linux 6.15")
{
	return wait_for_a_dead_one();
}

/* ---- what else a task has ---- */

FEATURE(tid_address, NEEDED, "clear_child_tid of threads", "CONFIG_CHECKPOINT_RESTORE")
{
	int *at = NULL;

	/* The C library has set one. */
	if (prctl(PR_GET_TID_ADDRESS, &at, 0, 0, 0) < 0)
		return no_err(-errno, "PR_GET_TID_ADDRESS");
	return at ? YES : no("PR_GET_TID_ADDRESS gives none");
}

FEATURE(robust_list, NEEDED, "robust futexes: get_robust_list, set_robust_list", "CONFIG_FUTEX")
{
	const struct companion *c = anybody();
	uint64_t own, theirs;
	size_t len;
	int r;

	if (!c)
		return NO;
	r = sys_get_robust_list(0, &own, &len);
	if (r == 0)
		r = sys_get_robust_list(c->pid, &theirs, &len);
	if (r < 0)
		return no_err(r, "get_robust_list");
	if (syscall(SYS_set_robust_list, own, len) < 0)
		return no_err(-errno, "set_robust_list");
	return theirs == own ? YES : no("get_robust_list gives another task's");
}

static enum answer set_scheduling(void)
{
	struct sched_attr_all attr;
	int r = sys_sched_getattr(0, &attr);

	if (r < 0)
		return no_err(r, "sched_getattr");
	attr.size = 48;
	attr.policy = SCHED_BATCH;
	if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		return no_err(-errno, "sched_setattr");
	return sched_getscheduler(0) == SCHED_BATCH ? YES : no("sched_setattr has no effect");
}

FEATURE(sched_attr, NEEDED, "scheduling policies and priorities", "Linux 3.14")
{
	return apart(0, set_scheduling);
}

static enum answer be_nice_to_nobody(void)
{
	return setpriority(PRIO_PROCESS, 0, -20) < 0 ? no_err(-errno, "nice value -20") : YES;
}

FEATURE(priorities, EXTRA,
	"tasks that come before others: negative nice values, real-time policies", "CAP_SYS_NICE")
{
	return apart(0, be_nice_to_nobody);
}

FEATURE(ioprio, NEEDED, "I/O priorities", "CONFIG_BLOCK")
{
	const struct companion *c = anybody();
	int r;

	if (!c)
		return NO;
	r = sys_ioprio_get(c->pid);
	return r < 0 ? no_err(r, "ioprio_get") : YES;
}
