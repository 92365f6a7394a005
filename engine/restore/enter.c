// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/arch/arch.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/pagemap.h"
#include "engine/memory/memory_task.h"
#include "engine/objects/filelock.h"
#include "engine/objects/files.h"
#include "engine/restore/program.h"
#include "engine/task/attributes.h"
#include "engine/task/parts.h"
#include "engine/task/restart.h"
#include "enter.h"
#include "parasite/arch.h"
#include "stages.h"

#define LEADER_STACK (4 * PAGE)
#define THREAD_STACK PAGE
#define LEADER_STEPS 512
#define THREAD_STEPS 256
#define THREAD_DATA  4096UL
#define LEADER_DATA  (64UL << 10)

/* What lies where in the area. */
struct layout {
	uint64_t ctl, code, park, stacks, rest, size;
};

/* Steps of the main thread whose number the images decide. */
static unsigned int more_steps(const struct restore_task *t)
{
	const SignalQueueEntry *shared = restore_task_core(t)->signals_s;
	const SignalQueueEntry *own = t->thread[0].core->thread_core->signals_p;
	unsigned int n = memory_program_steps(t) + 2 * t->n_threads;
	n += seccomp_steps(t, &t->thread[0]);

	n += 3 * restore_task_core(t)->timers->n_posix;
	n += (shared ? shared->n_signals : 0) + (own ? own->n_signals : 0);
	for (const struct restore_task *c = t->child; c; c = c->sibling)
		n++;
	return n + t->n_fds + filelock_steps(t);
}

static unsigned int steps_of_thread(const struct restore_task *t, const struct restore_thread *th)
{
	const SignalQueueEntry *q = th->core->thread_core->signals_p;

	return THREAD_STEPS + (q ? q->n_signals : 0) + seccomp_steps(t, th);
}

static size_t signals_room(const SignalQueueEntry *q)
{
	return q ? q->n_signals * (sizeof(siginfo_t) + 16) : 0;
}

static struct layout lay_out(const struct restore_task *t)
{
	const TaskCoreEntry *tc = restore_task_core(t);
	size_t code = ALIGN_UP((size_t)(__stop_restorer - __start_restorer) + 16, PAGE);
	struct layout l = { .ctl = 0, .code = PAGE };
	size_t rest = LEADER_DATA + (LEADER_STEPS + more_steps(t)) * sizeof(struct step);

	for (unsigned int i = 0; i < t->n_threads; i++) {
		const ThreadCoreEntry *core = t->thread[i].core->thread_core;

		rest += steps_of_thread(t, &t->thread[i]) * sizeof(struct step) + THREAD_DATA +
			signals_room(core->signals_p) + core->creds->n_groups * 4 +
			seccomp_room(t, &t->thread[i]);
	}
	rest += signals_room(tc->signals_s);
	rest += tc->timers->n_posix * 160 + t->n_fds * 16 +
		filelock_steps(t) * sizeof(struct flock);
	rest += t->mm->n_mm_saved_auxv * sizeof(uint64_t);
	l.park = l.code + code;
	l.stacks = l.park + VDSO_PARK;
	l.rest = l.stacks + LEADER_STACK + t->n_threads * THREAD_STACK;
	l.size = l.rest + ALIGN_UP(rest, PAGE);
	return l;
}

/* ---- programs ---- */

static void tell(struct program *p)
{
	program_add(p, "tell", STEP_TELL, 0, (const uint64_t[6]){});
}

static void await(struct program *p, enum stage stage)
{
	program_add(p, "await", STEP_AWAIT, 0, (const uint64_t[6]){ stage });
}

/* Filters can be put on all threads at once only while none has any of its own. */
static void confine(struct program *p, const struct restore_task *t,
		    const struct restore_thread *th)
{
	tell(p);
	await(p, STAGE_FILTERS);
	if (th == &t->thread[0])
		seccomp_share(p, t);
	tell(p);
	await(p, STAGE_THREADS);
	seccomp_restore(p, t, th);
}

/* What every thread has of its own and can be set before the others are ready. */
static void thread_steps(struct program *p, const struct restore *r, const struct restore_task *t,
			 const struct restore_thread *th)
{
	const ThreadCoreEntry *core = th->core->thread_core;
	char comm[16] = {};

	rseq_restore(p, core);
	if (core->futex_rla_len)
		program_call(p, "robust futexes", SYS_set_robust_list, core->futex_rla,
			     core->futex_rla_len);
	program_call(p, "clear_child_tid", SYS_set_tid_address, arch_clear_tid(th->core));
	sas_restore(p, core);
	if (core->comm) {
		memcpy(comm, core->comm, MIN(strlen(core->comm), sizeof(comm) - 1));
		program_call(p, "name", SYS_prctl, PR_SET_NAME,
			     (uintptr_t)program_copy(p, comm, sizeof(comm)));
	}
	sched_restore(p, core);
	attributes_restore(p, core);
	if (r->n_confined)
		confine(p, t, th);
	/* The filters took a privilege that these may lack. */
	creds_restore(p, core->creds);
}

/*
 * A thread that was in a call only the kernel can go on with (restart_syscall) enters that call
 * again, with the time it had left, and main interrupts it there: then the kernel has everything
 * it needs to go on as if nothing had been. The others just wait.
 */
static void stay(struct program *p, struct restore_task *t, struct restore_thread *th,
		 uint64_t ctl_at)
{
	struct timespec patience = { .tv_sec = 60 };
	uint64_t arg[6] = { ctl_at + offsetof(struct restore_ctl, claimed), FUTEX_WAIT, 0 };
	long nr = SYS_futex;

	if (th->core->thread_core->restart_block)
		th->blocks = restart_enter(t, th->core, p, &nr, arg);
	if (!th->blocks)
		arg[3] = (uintptr_t)program_copy(p, &patience, sizeof(patience));
	program_add(p, "stay", STEP_STAY, nr, arg);
}

/* Stops of its children that it had waited for already are news to this kernel. */
static void wait_again(struct program *p, const struct restore_task *t)
{
	for (const struct restore_task *c = t->child; c; c = c->sibling)
		if (restore_task_stopped(c) && restore_task_core(c)->stop_waited)
			program_call(p, "wait for a stopped child", SYS_waitid, P_PID, c->pid, 0,
				     WSTOPPED | WNOHANG | __WALL, 0);
}

/* After everybody is ready: nothing may happen to a task before, and this makes things happen. */
static void last_steps(struct program *p, struct restore *r, struct restore_task *t)
{
	static const struct timespec now;
	const TaskCoreEntry *tc = restore_task_core(t);
	const ThreadCoreEntry *core = t->thread[0].core->thread_core;
	uint64_t all = ~0ULL;

	files_program(r, t, p);
	sigactions_restore(p, tc);
	/* Children and helpers that ended on the way have told us: nobody asked for that. */
	program_add(p, "drain", STEP_DRAIN, SYS_rt_sigtimedwait,
		    (const uint64_t[6]){ (uintptr_t)program_copy(p, &all, sizeof(all)), 0,
					 (uintptr_t)program_copy(p, &now, sizeof(now)),
					 sizeof(all) });
	wait_again(p, t);
	timers_restore(p, tc->timers);
	siginfo_restore(p, tc->signals_s, tc->timers, t->pid, 0);
	siginfo_restore(p, core->signals_p, tc->timers, t->pid, t->pid);
	program_call(p, "child subreaper", SYS_prctl, PR_SET_CHILD_SUBREAPER, tc->child_subreaper);
	/* Changing credentials has cleared it. 2 cannot be set: it is what an unreadable program gets. */
	if (t->mm->has_dumpable)
		program_call(p, "dumpable", SYS_prctl, PR_SET_DUMPABLE, t->mm->dumpable == 1);
	rlimit_restore(p, tc->rlimits);
	program_call(p, "parent-death signal", SYS_prctl, PR_SET_PDEATHSIG, core->pdeath_sig);
	timers_start(p, t);
}

/* The slack that a thread falls back to is the one its maker had. */
static void start_thread(struct program *leader, const ThreadCoreEntry *core,
			 struct restorer_thread *part, uint64_t stack)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			 CLONE_SYSVSEM,
		.stack = stack,
		.stack_size = THREAD_STACK,
		.set_tid_size = 1,
	};
	uint64_t tid = (uintptr_t)program_copy(leader, &part->tid, sizeof(part->tid));

	if (core->default_timerslack_ns)
		program_call(leader, "timer slack", SYS_prctl, PR_SET_TIMERSLACK,
			     core->default_timerslack_ns);
	args.set_tid = tid;
	program_add(leader, "thread", STEP_THREAD, 0,
		    (const uint64_t[6]){ (uintptr_t)part,
					 (uintptr_t)program_copy(leader, &args, sizeof(args)),
					 sizeof(args) });
}

static struct restorer_thread *new_part(struct program *p, struct restore_thread *th,
					uint64_t ctl_at)
{
	struct restorer_thread *part = program_data(p, sizeof(*part));

	if (part) {
		part->ctl = (void *)ctl_at;
		part->tid = th->tid;
		part->step = p->step;
	}
	th->restorer = part;
	return part;
}

static int thread_program(const struct restore *r, struct restore_task *t, unsigned int i,
			  struct program_area *area, const struct layout *l, struct program *leader,
			  enum stage last)
{
	struct restore_thread *th = &t->thread[i];
	const ThreadCoreEntry *core = th->core->thread_core;
	uint64_t base = (uintptr_t)area->base;
	struct program p;

	program_begin(&p, area, steps_of_thread(t, th));
	if (!new_part(&p, th, base + l->ctl))
		return -ENOBUFS;
	thread_steps(&p, r, t, th);
	siginfo_restore(&p, core->signals_p, restore_task_core(t)->timers, t->pid, th->tid);
	tell(&p);
	await(&p, last);
	if (core->pdeath_sig)
		program_call(&p, "parent-death signal", SYS_prctl, PR_SET_PDEATHSIG,
			     core->pdeath_sig);
	tell(&p);
	stay(&p, t, th, base + l->ctl);
	start_thread(leader, core, th->restorer,
		     base + l->stacks + LEADER_STACK + i * THREAD_STACK);
	return p.err;
}

static int write_programs(struct restore *r, struct restore_task *t, struct program_area *area,
			  const struct layout *l, int exe_fd)
{
	enum stage last = restore_task_stopped(t) ? STAGE_STOPPED : STAGE_DONE;
	const TaskCoreEntry *tc = restore_task_core(t);
	uint64_t base = (uintptr_t)area->base;
	struct program p;
	int ret;

	program_begin(&p, area, LEADER_STEPS + more_steps(t));
	if (p.err || !new_part(&p, &t->thread[0], base + l->ctl))
		return -ENOBUFS;
	ret = memory_program(r, t, &p, base + l->park);
	if (ret < 0)
		return ret;
	if (tc->personality)
		program_call(&p, "personality", SYS_personality, tc->personality);
	memory_program_mm(t, &p, exe_fd);
	t->undo_room = (uintptr_t)program_data(&p, UNDO_ROOM);
	membarrier_restore(&p, tc);
	for (unsigned int i = 1; i < t->n_threads; i++) {
		ret = thread_program(r, t, i, area, l, &p, last);
		if (ret < 0)
			return ret;
	}
	thread_steps(&p, r, t, &t->thread[0]);
	/* The one that keeps us from being left behind: changing credentials has cleared it. */
	program_call(&p, "parent-death signal", SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	tell(&p);
	await(&p, last);
	last_steps(&p, r, t);
	tell(&p);
	stay(&p, t, &t->thread[0], base + l->ctl);
	return p.err;
}

int restorer_go(struct restore *r, struct restore_task *t, int exe_fd)
{
	static const uint8_t syscall_insn[] = ARCH_SYSCALL_INSN;
	size_t code = __stop_restorer - __start_restorer;
	struct layout l = lay_out(t);
	struct program_area area = { .used = l.rest, .size = l.size };
	void (*enter)(void *);
	int ret;

	area.base = memory_find_room(t->memory, l.size, PROT_READ | PROT_WRITE | PROT_EXEC,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, 0);
	if (area.base == MAP_FAILED)
		return log_err(-errno, "room for the restorer");
	/* A second mapping of the shared page: old size 0 leaves the first one where it is. */
	if (mremap(r->ctl, 0, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area.base + l.ctl) == MAP_FAILED)
		return log_err(-errno, "share main's page");
	memcpy(area.base + l.code, __start_restorer, code);
	memcpy(area.base + l.code + code, syscall_insn, sizeof(syscall_insn));
	t->area = (uintptr_t)area.base;
	t->area_size = l.size;
	t->step_ip = t->area + l.code + code;

	ret = write_programs(r, t, &area, &l, exe_fd);
	if (ret == -ENOBUFS)
		return log_err(ret, "the restorer's area is too small");
	if (ret < 0)
		return ret;
	enter = (void *)(area.base + l.code + ((char *)restorer_enter - __start_restorer));
	/* Of a table that is shared the number may be somebody else's already. */
	if (!t->files_of)
		close(log_fd());
	raw_enter(area.base + l.stacks + LEADER_STACK, enter, t->thread[0].restorer);
}
