// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/task/TID/children: the process tree, downwards. */
#include <pthread.h>
#include <sys/prctl.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "3.5", .commit = "818411616baf", .kconfig = "CONFIG_PROC_CHILDREN",               \
	.source = "proc_tid_children(5)"

static char *children_of(pid_t pid, pid_t tid)
{
	return OFFERED(slurp("/proc/%d/task/%d/children", pid, tid), "children file", ENOENT);
}

PROBE(list, .what = "children lists the direct children of a task, oldest first", DECLARED)
{
	pid_t first = spawn_idle(), second = spawn(), third = spawn_idle();
	char want[64];

	if (second == 0) {
		spawn_idle();
		reach(1);
		linger();
	}
	await(1);
	snprintf(want, sizeof(want), "%d %d %d ", first, second, third);
	PROMISE_STR(children_of(getpid(), getpid()), want);
	end_task(first);
	snprintf(want, sizeof(want), "%d %d ", second, third);
	PROMISE_STR(children_of(getpid(), getpid()), want);
	PROMISE_STR(children_of(third, third), "");
}

PROBE(zombies, .what = "children lists a zombie until it is reaped", DECLARED)
{
	pid_t pid = spawn();
	char want[64];

	if (pid == 0)
		_exit(0);
	until_state(pid, 'Z');
	snprintf(want, sizeof(want), "%d ", pid);
	PROMISE_STR(children_of(getpid(), getpid()), want);
	reap(pid);
	PROMISE_STR(children_of(getpid(), getpid()), "");
}

static _Atomic pid_t thread_tid, thread_child;

static void *fork_in_thread(void *unused)
{
	thread_child = spawn_idle();
	thread_tid = gettid();
	linger();
}

PROBE(per_thread, .what = "a child is listed with the thread that made it", DECLARED)
{
	pid_t mine = spawn_idle();
	char want[64];
	pthread_t t;

	NEED(-pthread_create(&t, NULL, fork_in_thread, NULL));
	while (!thread_tid)
		usleep(100);
	snprintf(want, sizeof(want), "%d ", mine);
	PROMISE_STR(children_of(getpid(), getpid()), want);
	snprintf(want, sizeof(want), "%d ", thread_child);
	PROMISE_STR(children_of(getpid(), thread_tid), want);
}

PROBE(adopted, .what = "an orphan is listed with the task that adopts it", DECLARED)
{
	pid_t *orphan = share(page_size()), child;
	char want[64];

	NEED(prctl(PR_SET_CHILD_SUBREAPER, 1));
	child = spawn();
	if (child == 0) {
		/* Not spawned: that would die with us. */
		pid_t pid = NEED(fork());

		if (pid == 0)
			linger();
		*orphan = pid;
		_exit(0);
	}
	reap_good(child);
	snprintf(want, sizeof(want), "%d ", *orphan);
	PROMISE_STR(children_of(getpid(), getpid()), want);
}
