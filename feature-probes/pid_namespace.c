// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: what is counted in each of them alone. */
#include <sched.h>
#include <sys/mount.h>

#include "probe.h"

PROBE(pid_max, .what = "each pid namespace has a pid_max of its own, which bounds its pids",
      .since = "6.14", .commit = "7863dcc72d0f", .kconfig = "CONFIG_PID_NS CONFIG_SYSCTL",
      .source = "proc_sys_kernel(5)")
{
	long outside = atol(NEED(slurp("/proc/sys/kernel/pid_max")));
	pid_t pid = spawn(), child;

	if (pid == 0) {
		/*
		 * As a user who is nothing outside: where the limit is still everybody's, the write
		 * has to be refused, for nobody else is to feel it.
		 */
		lose_privileges();
		own_root();
		child = spawn_in(CLONE_NEWPID | CLONE_NEWNS);
		if (child == 0) {
			pid_t last;

			OFFERED(write_text("400", "/proc/sys/kernel/pid_max"),
				"pid_max of a namespace", EACCES, EPERM);
			PROMISE_EQ(atol(NEED(slurp("/proc/sys/kernel/pid_max"))), 400);
			/* One more than the last there can be: round to the first that is not for daemons. */
			NEED(write_text("399", "/proc/sys/kernel/ns_last_pid"));
			last = fork();
			if (last == 0)
				_exit(0);
			NEED(last);
			reap(last);
			PROMISE_EQ(last, 300);
			_exit(0);
		}
		reap_good(child);
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(atol(NEED(slurp("/proc/sys/kernel/pid_max"))), outside);
}

PROBE(init_adopts, .what = "orphans of a pid namespace become children of its pid 1",
      .since = "2.6.24", .kconfig = "CONFIG_PID_NS", .capability = "CAP_SYS_ADMIN",
      .source = "pid_namespaces(7)")
{
	pid_t pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS);

	if (pid == 0) {
		pid_t child = fork();

		if (child == 0) {
			if (fork() == 0) {
				reach(1);
				linger();
			}
			await(1);
			_exit(0);
		}
		NEED(waitpid(child, NULL, 0));
		PROMISE_EQ(atoi(NEED(stat_field(3, 4))), 1);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(init_signals, .what = "pid 1 gets from its own namespace no signal that it does not handle",
      .since = "2.6.24", .kconfig = "CONFIG_PID_NS", .capability = "CAP_SYS_ADMIN",
      .source = "pid_namespaces(7)")
{
	pid_t pid = spawn_in(CLONE_NEWPID);

	if (pid == 0) {
		pid_t child = fork();

		if (child == 0) {
			kill(1, SIGTERM);
			kill(1, SIGKILL);
			_exit(0);
		}
		NEED(waitpid(child, NULL, 0));
		reach(1);
		linger();
	}
	await(1);
	kill(pid, SIGKILL);
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGKILL);
}

PROBE(init_exits, .what = "with its pid 1 every task of a pid namespace is killed",
      .since = "2.6.24", .kconfig = "CONFIG_PID_NS", .capability = "CAP_SYS_ADMIN",
      .source = "pid_namespaces(7)")
{
	int ends[2];
	char byte;
	pid_t pid;

	NEED(pipe(ends));
	pid = spawn_in(CLONE_NEWPID);
	if (pid == 0) {
		if (fork() == 0) {
			reach(1);
			linger();
		}
		await(1);
		_exit(7);
	}
	PROMISE_EQ(WEXITSTATUS(reap(pid)), 7);
	/* Nobody holds the other end any more. */
	close(ends[1]);
	PROMISE_EQ(read(ends[0], &byte, 1), 0);
}
