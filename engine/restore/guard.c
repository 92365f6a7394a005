// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/pagemap.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "guard.h"

static bool lives(pid_t pid)
{
	_cleanup_close_ int proc = proc_open(pid, 0);
	struct proc_stat stat;

	return proc >= 0 && proc_read_stat(proc, &stat) == 0 && stat.state != 'Z' &&
	       stat.state != 'X';
}

/* The plan is in shared memory: what others have forked since is in it. Returns how many live. */
static unsigned int end_all(const struct restore *r)
{
	struct restore_task *t, *next;
	unsigned int n = 0;

	HASH_ITER(hh, r->by_pid, t, next) {
		if (!__atomic_load_n(&t->made, __ATOMIC_ACQUIRE) || !lives(t->pid))
			continue;
		kill(t->pid, SIGKILL);
		n++;
	}
	return n;
}

static _Noreturn void stand_by(struct restore *r, int main_pidfd, void (*undo)(struct restore *r))
{
	struct pollfd p = { .fd = main_pidfd, .events = POLLIN };

	while (poll(&p, 1, -1) < 0)
		;
	/* Until nobody is left who could fork another one. */
	while (!__atomic_load_n(r->released, __ATOMIC_ACQUIRE) && end_all(r))
		sched_yield();
	if (!__atomic_load_n(r->released, __ATOMIC_ACQUIRE))
		undo(r);
	_exit(0);
}

int guard_begin(struct restore *r, void (*undo)(struct restore *r))
{
	_cleanup_close_ int pidfd = sys_pidfd_open(getpid(), 0);

	if (pidfd < 0)
		return log_err(pidfd, "guard");
	r->released = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->released == MAP_FAILED)
		return log_err(-errno, "guard");
	r->guard = fork();
	if (r->guard < 0)
		return log_err(-errno, "guard");
	if (r->guard == 0)
		stand_by(r, pidfd, undo);
	return 0;
}

void guard_release(struct restore *r)
{
	__atomic_store_n(r->released, 1, __ATOMIC_RELEASE);
}

void guard_end(struct restore *r)
{
	if (r->guard <= 0)
		return;
	kill(r->guard, SIGKILL);
	waitpid(r->guard, NULL, 0);
	r->guard = 0;
}
