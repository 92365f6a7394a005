// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "parts.h"

#define IOPRIO_CLASS_SHIFT 13 /* linux/ioprio.h */
#define POLICY_EXT         7  /* SCHED_EXT, since 6.12 */
/* linux/prctl.h, since 5.14 */
#define SCHED_CORE         62
#define SCHED_CORE_GET     0

#define KEPT_FLAGS (SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN)

static int affinity_dump(pid_t tid, struct arena *a, ThreadCoreEntry *core)
{
	uint8_t mask[1024];
	long n = syscall(SYS_sched_getaffinity, tid, sizeof(mask), mask);

	if (n < 0)
		return log_err(-errno, "thread %d: CPU affinity", tid);
	core->has_cpu_affinity = true;
	core->cpu_affinity.len = n;
	core->cpu_affinity.data = arena_alloc(a, n);
	if (!core->cpu_affinity.data)
		return -ENOMEM;
	memcpy(core->cpu_affinity.data, mask, n);
	return 0;
}

/* Who has the same, none of which is 0, may run on one core at the same time. */
static uint64_t own_cookie;
static bool has_cookies;

static int read_cookie(pid_t tid, uint64_t *ret)
{
	return prctl(SCHED_CORE, SCHED_CORE_GET, tid, 0 /* PIDTYPE_PID */, ret) < 0 ? -errno : 0;
}

int sched_look(const struct task *t, const struct thread *th)
{
	uint64_t cookie;
	int r;

	if (!has_cookies)
		return 0;
	r = read_cookie(th->tid, &cookie);
	if (r < 0)
		return log_err(r, "task %d: core scheduling of thread %d", t->pid, th->tid);
	return cookie == own_cookie
		       ? 0
		       : log_refuse("task %d: thread %d shares a core with some tasks only: core "
				    "scheduling is not supported yet",
				    t->pid, th->tid);
}

static long cpus_online;

void sched_prepare(void)
{
	/* Not on a kernel without it, nor where no core runs two tasks at once. */
	has_cookies = read_cookie(0, &own_cookie) == 0;
	cpus_online = sysconf(_SC_NPROCESSORS_ONLN);
}

/* A mask of all CPUs is what everybody starts with: it must not tie a task to this machine's. */
static bool all_cpus(const uint8_t *mask, size_t n)
{
	long set = 0;

	for (size_t i = 0; i < n; i++)
		set += __builtin_popcount(mask[i]);
	return set >= cpus_online;
}

int sched_dump(const struct task *t, const struct thread *th, struct arena *a,
	       ThreadCoreEntry *core)
{
	const struct thread_answers *ans = &th->answers;
	struct sched_attr_all attr;
	int r;

	r = sys_sched_getattr(th->tid, &attr);
	if (r < 0)
		return log_err(r, "task %d: scheduling of thread %d", t->pid, th->tid);
	if (attr.policy == POLICY_EXT)
		return log_refuse("task %d: thread %d is scheduled by policy %u: not supported yet",
				  t->pid, th->tid, attr.policy);
	core->has_sched_policy = core->has_sched_nice = true;
	core->sched_policy = attr.policy;
	/* As sched_getscheduler(2) has it, and other readers. */
	if (attr.flags & SCHED_FLAG_RESET_ON_FORK)
		core->sched_policy |= SCHED_RESET_ON_FORK;
	core->sched_nice = attr.nice;
	if (attr.priority) {
		core->has_sched_prio = true;
		core->sched_prio = attr.priority;
	}
	if (attr.flags & KEPT_FLAGS) {
		core->has_sched_flags = true;
		core->sched_flags = attr.flags & KEPT_FLAGS;
	}
	if (attr.policy == SCHED_DEADLINE) {
		core->has_sched_runtime = core->has_sched_deadline = core->has_sched_period = true;
		core->sched_runtime = attr.runtime;
		core->sched_deadline = attr.deadline;
		core->sched_period = attr.period;
	}
	r = affinity_dump(th->tid, a, core);
	if (r < 0)
		return r;
	if (all_cpus(core->cpu_affinity.data, core->cpu_affinity.len))
		core->has_cpu_affinity = false;

	r = sys_ioprio_get(th->tid);
	if (r < 0)
		return log_err(r, "task %d: I/O priority of thread %d", t->pid, th->tid);
	/* Without a class of its own it goes by its nice value; what older kernels add is no setting. */
	if (r >> IOPRIO_CLASS_SHIFT) {
		core->has_ioprio = true;
		core->ioprio = r;
	}
	core->has_timerslack_ns = true;
	core->timerslack_ns = ans->timerslack;
	core->has_default_timerslack_ns = true;
	core->default_timerslack_ns = ans->default_timerslack;
	if (ans->mempolicy) {
		core->has_mempolicy_mode = core->has_mempolicy_nodes = true;
		core->mempolicy_mode = ans->mempolicy;
		core->mempolicy_nodes.data = (uint8_t *)ans->mempolicy_nodes;
		core->mempolicy_nodes.len = sizeof(ans->mempolicy_nodes);
	}
	return 0;
}

int sched_check(const ThreadCoreEntry *core, const char *image)
{
	unsigned int policy = core->sched_policy & ~SCHED_RESET_ON_FORK;

	if (policy == POLICY_EXT || (policy == SCHED_DEADLINE && !core->sched_runtime))
		return log_refuse("%s: scheduling policy %u: not supported yet", image,
				  core->sched_policy);
	if (core->has_sched_nice && (core->sched_nice < -20 || core->sched_nice > 19))
		return log_bad_image("%s: nice value %d", image, core->sched_nice);
	return 0;
}

int sched_restore(struct program *p, const ThreadCoreEntry *core)
{
	struct sched_attr_all attr = {
		.size = 48, /* the first published struct sched_attr: all we set is in it */
		.policy = core->sched_policy & ~SCHED_RESET_ON_FORK,
		.flags = core->sched_flags |
			 (core->sched_policy & SCHED_RESET_ON_FORK ? SCHED_FLAG_RESET_ON_FORK : 0),
		.nice = core->sched_nice,
		.priority = core->sched_prio,
		.runtime = core->sched_runtime,
		.deadline = core->sched_deadline,
		.period = core->sched_period,
	};

	if (core->has_ioprio)
		program_call(p, "I/O priority", SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0,
			     core->ioprio);
	if (core->has_timerslack_ns)
		program_call(p, "timer slack", SYS_prctl, PR_SET_TIMERSLACK, core->timerslack_ns);
	if (core->has_cpu_affinity)
		program_call(p, "CPU affinity", SYS_sched_setaffinity, 0, core->cpu_affinity.len,
			     (uintptr_t)program_copy(p, core->cpu_affinity.data,
						     core->cpu_affinity.len));
	if (core->has_mempolicy_mode)
		program_call(p, "memory policy", SYS_set_mempolicy, core->mempolicy_mode,
			     (uintptr_t)program_copy(p, core->mempolicy_nodes.data,
						     core->mempolicy_nodes.len),
			     8 * core->mempolicy_nodes.len + 1);
	if (core->has_sched_policy)
		program_call(p, "scheduling policy", SYS_sched_setattr, 0,
			     (uintptr_t)program_copy(p, &attr, sizeof(attr)), 0);
	return p->err;
}
