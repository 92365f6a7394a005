// SPDX-License-Identifier: GPL-2.0-only
/* Tasks with the numbers they had. */
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "engine/memory/memory_task.h"
#include "feature.h"
#include "parasite/arch.h"

static int fork_as(pid_t pid, bool *right)
{
	uint32_t made;
	pid_t got = sys_fork_as(pid, 0, SIGCHLD, &made);
	int status;

	if (got == 0)
		_exit(getpid() == pid ? 0 : 1);
	if (got < 0)
		return got;
	if (waitpid(got, &status, 0) < 0)
		return -errno;
	*right = got == pid && status == 0;
	return 0;
}

/* That of a child that is gone: nobody will have it soon. */
static pid_t free_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0 && waitpid(pid, NULL, 0) < 0)
		return -errno;
	return pid < 0 ? -errno : pid;
}

FEATURE(clone3_set_tid, NEEDED, "pids of restored tasks",
	"Linux 5.5, CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN")
{
	bool right = false;
	int r = -EEXIST;

	/* Others may want it, too. */
	for (int i = 0; r == -EEXIST && i < 3; i++) {
		r = free_pid();
		if (r < 0)
			return no_err(r, "fork");
		r = fork_as(r, &right);
	}
	if (r < 0)
		return no_err(r, "clone3 with a pid");
	return right ? YES : no("clone3 gives another pid");
}

static volatile pid_t thread_tid;

static void thread(void *arg)
{
	static const uint64_t none[6];

	thread_tid = raw_syscall(SYS_gettid, none);
	raw_syscall(SYS_exit, none);
}

static enum answer start_thread(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	pid_t tid;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			 CLONE_SYSVSEM,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
		.set_tid = (uintptr_t)&tid,
		.set_tid_size = 1,
	};
	int64_t r = -EEXIST;

	for (int i = 0; r == -EEXIST && i < 3; i++) {
		tid = free_pid();
		if (tid < 0)
			return no_err(tid, "fork");
		r = raw_thread(&args, sizeof(args), thread, NULL);
	}
	if (r < 0)
		return no_err(r, "clone3 with a tid");
	while (!thread_tid)
		sched_yield();
	return thread_tid == tid ? YES : no("clone3 gives another tid");
}

FEATURE(set_tid, NEEDED, "numbers of restored threads",
	"Linux 5.5, CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN")
{
	return apart(0, start_thread);
}

FEATURE(ns_pid, EXTRA,
	"seeing that a task is in a pid namespace (it is refused), and whose pid a pidfd has",
	"CONFIG_PID_NS, Linux 4.1")
{
	const struct companion *c = anybody();
	_cleanup_buf_ struct buf text = {};
	uint64_t pid[32];
	int n;

	if (!c)
		return NO;
	n = proc_read_single(c->proc, "status", &text);
	if (n < 0)
		return no_err(n, "/proc/PID/status");
	n = kv_list(text.data, "NSpid", 10, pid, ARRAY_SIZE(pid));
	if (n < 0)
		return no("/proc/PID/status does not tell NSpid");
	return pid[0] == (uint64_t)c->pid ? YES : no("NSpid of /proc/PID/status is another pid");
}
