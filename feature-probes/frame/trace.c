// SPDX-License-Identifier: GPL-2.0-only
#include <sys/ptrace.h>

#include "ask.h"
#include "trace.h"

void seize(pid_t pid, long options)
{
	char *yama;
	int err;

	if (ptrace(PTRACE_SEIZE, pid, 0, options) == 0)
		return;
	err = errno;
	/* 2 leaves tracing to CAP_SYS_PTRACE, 3 to nobody; 0 and 1 let a parent trace its child. */
	yama = slurp("/proc/sys/kernel/yama/ptrace_scope");
	if (err == EPERM && yama && atoi(yama) > (have_cap(CAP_SYS_PTRACE) ? 2 : 1))
		FORBIDDEN("kernel.yama.ptrace_scope is %d", atoi(yama));
	BROKEN("PTRACE_SEIZE: %s", errno_name(err));
}

int await_stop(pid_t pid)
{
	uint64_t until = now_ms() + 6000;

	for (;;) {
		int status;
		pid_t got = waitpid(pid, &status, __WALL | WNOHANG);

		if (got < 0)
			BROKEN("waitpid(%d): %s", pid, errno_name(errno));
		if (got == pid && WIFSTOPPED(status))
			return status;
		if (got == pid)
			BROKEN("task %d ended with wait status %#x, should have stopped", pid,
			       status);
		if (now_ms() > until)
			BROKEN("task %d does not stop", pid);
		usleep(100);
	}
}

int interrupt(pid_t pid)
{
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
		BROKEN("PTRACE_INTERRUPT: %s", errno_name(errno));
	return await_stop(pid);
}

void seize_stopped(pid_t pid, long options)
{
	seize(pid, options);
	interrupt(pid);
}

void let_go(pid_t pid)
{
	if (ptrace(PTRACE_DETACH, pid, 0, 0) < 0)
		BROKEN("PTRACE_DETACH: %s", errno_name(errno));
}
