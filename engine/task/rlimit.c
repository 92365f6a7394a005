// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "parts.h"

int rlimit_dump(const struct task *t, struct arena *a, TaskRlimitsEntry **ret)
{
	TaskRlimitsEntry *e = arena_new(a, TaskRlimitsEntry);
	struct rlimit limits[RLIM_NLIMITS];
	int r;

	/* Not prlimit(2): that wants CAP_SYS_RESOURCE for a task of another uid. */
	r = proc_limits(t->proc, limits);
	if (r < 0)
		return log_err(r, "task %d: limits", t->pid);
	if (!e)
		return -ENOMEM;
	task_rlimits_entry__init(e);
	e->rlimits = arena_array(a, RlimitEntry *, RLIM_NLIMITS);
	if (!e->rlimits)
		return -ENOMEM;
	for (unsigned int i = 0; i < RLIM_NLIMITS; i++) {
		RlimitEntry *l = arena_new(a, RlimitEntry);

		if (!l)
			return -ENOMEM;
		rlimit_entry__init(l);
		l->cur = limits[i].rlim_cur;
		l->max = limits[i].rlim_max;
		e->rlimits[e->n_rlimits++] = l;
	}
	*ret = e;
	return 0;
}

int rlimit_check(const TaskRlimitsEntry *e, const char *image)
{
	if (e && e->n_rlimits > RLIM_NLIMITS)
		return log_bad_image("%s: %zu resource limits, there are %d", image, e->n_rlimits,
				     (int)RLIM_NLIMITS);
	return 0;
}

int rlimit_restore(struct program *p, const TaskRlimitsEntry *e)
{
	static const char *const what[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = "RLIMIT_CPU",           [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
		[RLIMIT_DATA] = "RLIMIT_DATA",         [RLIMIT_STACK] = "RLIMIT_STACK",
		[RLIMIT_CORE] = "RLIMIT_CORE",         [RLIMIT_RSS] = "RLIMIT_RSS",
		[RLIMIT_NPROC] = "RLIMIT_NPROC",       [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
		[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",   [RLIMIT_AS] = "RLIMIT_AS",
		[RLIMIT_LOCKS] = "RLIMIT_LOCKS",       [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
		[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
		[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",     [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
	};

	for (size_t i = 0; e && i < e->n_rlimits; i++) {
		struct rlimit want = { e->rlimits[i]->cur, e->rlimits[i]->max }, have;

		/* What is right already needs no privilege to set. */
		if (getrlimit(i, &have) == 0 && have.rlim_cur == want.rlim_cur &&
		    have.rlim_max == want.rlim_max)
			continue;
		program_call(p, what[i], SYS_setrlimit, i,
			     (uintptr_t)program_copy(p, &want, sizeof(want)));
	}
	return p->err;
}
