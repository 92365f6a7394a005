// SPDX-License-Identifier: GPL-2.0-only
/*
 * Yama: a task has agreed to be traced by another that is not above it, PR_SET_PTRACER. Nobody but Yama
 * knows, and it tells nobody, so it may be lost.
 */
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "zdtm.h"

enum { READY, GO };

static struct {
	pid_t target, tracer;
} was;

static void target(long unused)
{
	SYS(prctl(PR_SET_DUMPABLE, 1));
	SYS(prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0));
	t_wake(READY);
	t_wait(GO);
}

static void tracer(long pid)
{
	t_wait(GO + 1);
	SYS(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
}

static void setup(void)
{
	char *scope = t_slurp("/proc/sys/kernel/yama/ptrace_scope");

	if (atoi(scope) != 1)
		t_skip("kernel.yama.ptrace_scope is %d: it makes no difference", atoi(scope));
	free(scope);
	was.target = t_fork(target, 0);
	t_wait(READY);
	was.tracer = t_fork(tracer, was.target);
}

static void check(void)
{
	t_wake(GO + 1);
	t_join(was.tracer);
	t_wake(GO);
	t_join(was.target);
}

ZDTM_TEST = {
	.doc = "who has agreed to be traced can be, by the same",
	.object = "yama",
	.demand = REPORT,
	.needs = LIST("yama.set_ptracer"),
	.setup = setup,
	.check = check,
};
