// SPDX-License-Identifier: GPL-2.0-only
/* Yama: who may trace whom beyond what users and capabilities say. */
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "3.4", .commit = "2d514487faf1", .kconfig = "CONFIG_SECURITY_YAMA",               \
	.source = "Documentation/admin-guide/LSM/Yama.rst"

static int scope(void)
{
	return atoi(OFFERED(slurp("/proc/sys/kernel/yama/ptrace_scope"), "Yama", ENOENT));
}

/* Two tasks of one ordinary user, the tracer no ancestor of the other. */
static pid_t spawn_target(pid_t tracer)
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		if (tracer)
			NEED(prctl(PR_SET_PTRACER, tracer, 0, 0, 0));
		reach(tracer ? 2 : 1);
		linger();
	}
	await(tracer ? 2 : 1);
	return pid;
}

static void may_trace(pid_t pid, bool may)
{
	pid_t tracer = spawn();

	if (tracer == 0) {
		lose_privileges();
		if (may)
			NEED(ptrace(PTRACE_SEIZE, pid, 0, 0));
		else
			PROMISE_FAILS(ptrace(PTRACE_SEIZE, pid, 0, 0), EPERM);
		_exit(0);
	}
	reap_good(tracer);
}

PROBE(scope, .what = "ptrace_scope decides: 0 tasks of one user, 1 their descendants, 3 nobody",
      DECLARED)
{
	may_trace(spawn_target(0), scope() == 0);
}

PROBE(set_ptracer, .what = "PR_SET_PTRACER lets a task be traced by one that is not above it",
      DECLARED)
{
	if (scope() > 1)
		FORBIDDEN("kernel.yama.ptrace_scope is %d", scope());
	/* Anybody: who it will be is not known before. */
	may_trace(spawn_target(-1), true);
}

GAP(ptracer, .what = "nobody tells by whom a task has agreed to be traced",
    .kconfig = "CONFIG_SECURITY_YAMA", .source = "PR_SET_PTRACER(2const)")
{
	pid_t without;

	scope();
	without = spawn_target(0);
	tried_tasks(spawn_target(-1), without);
}
