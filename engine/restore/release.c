// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last act: everybody waits in the restorer. Main takes hold of all threads, gives them the
 * registers of the images, takes the restorer's area away and lets go. ptrace sets everything at
 * once and exactly; a signal frame, the other way, would turn every interrupted sleep into EINTR.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "engine/arch/arch.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/ptrace.h"
#include "engine/kernel/vm.h"
#include "engine/session.h"
#include "engine/task/parts.h"
#include "enter.h"

#define PATIENCE_MS 10000

/* ---- hold ---- */

static int next_stop(pid_t tid, struct stop *s)
{
	int r = ptrace_wait_long(tid, PATIENCE_MS, s);

	if (r < 0)
		return log_err(r, "thread %d does not stop", tid);
	if (s->kind == STOP_GONE)
		return log_err(-ESRCH, "thread %d ended at the end of its restore", tid);
	return 0;
}

/* The stop that PTRACE_INTERRUPT asked for. */
static int wait_stop(pid_t tid)
{
	struct stop s;
	int r;

	do {
		r = next_stop(tid, &s);
		if (r < 0)
			return r;
		/* All signals are blocked; SIGSTOP cannot be. It stays with the task. */
		if (s.kind == STOP_SIGNAL)
			r = ptrace_cont(tid, s.sig);
	} while (r == 0 && s.kind == STOP_SIGNAL);
	return r < 0 ? log_err(r, "thread %d", tid) : 0;
}

int release_suspend_seccomp(struct restore *r, struct restore_task *t)
{
	for (unsigned int i = 0; i < t->n_threads; i++) {
		struct restore_thread *th = &t->thread[i];
		int ret;

		if (!seccomp_has(th))
			continue;
		ret = ptrace_seize_own(th->tid, true);
		if (ret < 0)
			return log_err(ret, "task %d: suspend seccomp of thread %d", t->pid,
				       th->tid);
		th->held = true;
	}
	return 0;
}

int release_hold(struct restore *r, struct restore_task *t)
{
	int ret;

	for (unsigned int i = 0; i < t->n_threads; i++) {
		ret = t->thread[i].held ? 0 : ptrace_seize_own(t->thread[i].tid, false);
		if (ret == 0) {
			t->thread[i].held = true;
			ret = ptrace_interrupt(t->thread[i].tid);
		}
		if (ret < 0)
			return log_err(ret, "task %d: seize thread %d", t->pid, t->thread[i].tid);
	}
	return 0;
}

/* ---- registers ---- */

/* What the call that a thread stayed in came to. */
static int outcome_of(struct restore_task *t, struct restore_thread *th, bool *done,
		      int64_t *result)
{
	struct restorer_thread part;
	int r = vm_read(t->pid, &part, (uintptr_t)th->restorer, sizeof(part));

	if (r < 0)
		return log_err(r, "task %d: look at thread %d", t->pid, th->tid);
	*done = part.done;
	*result = part.result;
	return 0;
}

/*
 * A thread that stays in a call of its own must be caught in it. It told main that it was ready one
 * step earlier, so it may not have got there yet.
 */
static int catch_in_call(struct restore_task *t, struct restore_thread *th, arch_regs *final)
{
	arch_regs now;
	int64_t result;
	bool done;
	int r;

	for (;;) {
		/* First: one that is done waits in another call, which looks the same. */
		r = outcome_of(t, th, &done, &result);
		if (r < 0)
			return r;
		if (done) {
			th->blocks = false;
			arch_skip_call(final, result);
			return 0;
		}
		r = ptrace_get_regs(th->tid, &now);
		if (r < 0)
			return log_err(r, "task %d: registers of thread %d", t->pid, th->tid);
		if (arch_in_block(&now)) {
			arch_resume_block(final);
			return 0;
		}
		r = ptrace_cont(th->tid, 0);
		if (r == 0)
			r = ptrace_interrupt(th->tid);
		if (r < 0)
			return log_err(r, "task %d: thread %d", t->pid, th->tid);
		r = wait_stop(th->tid);
		if (r < 0)
			return r;
	}
}

static int until_syscall(pid_t tid)
{
	struct stop s;
	int r = ptrace_until_syscall(tid, 0);

	return r < 0 ? log_err(r, "thread %d", tid) : next_stop(tid, &s);
}

/* A call made in the restorer's area by the main thread. */
static int call(struct restore_task *t, long nr, const uint64_t arg[6], int64_t *result)
{
	pid_t tid = t->thread[0].tid;
	arch_regs regs;
	int r;

	r = ptrace_get_regs(tid, &regs);
	if (r < 0)
		return log_err(r, "task %d: registers", t->pid);
	arch_set_call(&regs, t->step_ip, nr, arg);
	r = ptrace_set_regs(tid, &regs);
	if (r < 0)
		return log_err(r, "task %d: registers", t->pid);
	/* In, and out. */
	r = until_syscall(tid);
	if (r == 0)
		r = until_syscall(tid);
	if (r == 0) {
		r = ptrace_get_regs(tid, &regs);
		if (r < 0)
			return log_err(r, "task %d: registers", t->pid);
		*result = arch_call_result(&regs);
	}
	return r;
}

/* Only the return of the call that unmaps it would need it again. */
static int take_area(struct restore_task *t)
{
	int64_t result;
	int r = call(t, SYS_munmap, (const uint64_t[6]){ t->area, t->area_size }, &result);

	return r == 0 && result < 0 ? log_err(result, "task %d: unmap the restorer", t->pid) : r;
}

static int call_semop(struct restore_task *t, int id, const struct sembuf *op, size_t n)
{
	int64_t result;
	int r = vm_write(t->pid, t->undo_room, op, n * sizeof(*op));

	if (r < 0)
		return r;
	r = call(t, SYS_semop, (const uint64_t[6]){ id, t->undo_room, n }, &result);
	return r < 0 ? r : (int)result;
}

static int set_thread(struct restore_task *t, struct restore_thread *th)
{
	struct arch_thread final;
	int r;

	r = arch_restore_thread(th->core, &final);
	if (r < 0)
		return log_err(r, "task %d: registers of thread %d", t->pid, th->tid);
	if (th->blocks)
		r = catch_in_call(t, th, &final.regs);
	if (r == 0 && th == &t->thread[0]) {
		r = undo_restore(t, call_semop);
		if (r < 0) {
			free(final.xstate);
			return r;
		}
		r = take_area(t);
		/*
		 * The kernel looks at an interrupted call where it looks for signals, and comes by
		 * there only when it has a reason.
		 */
		if (r == 0 && th->blocks) {
			r = ptrace_interrupt(th->tid);
			if (r == 0)
				r = ptrace_cont(th->tid, 0);
			if (r == 0)
				r = wait_stop(th->tid);
		}
	}
	if (r == 0)
		r = ptrace_set_regs(th->tid, &final.regs);
	if (r == 0)
		r = ptrace_set_xstate(th->tid, final.xstate, final.xstate_len);
	if (r == 0)
		r = ptrace_set_sigmask(th->tid, th == &t->thread[0]
							? restore_task_core(t)->blk_sigset
							: th->core->thread_core->blk_sigset);
	free(final.xstate);
	return r < 0 ? log_err(r, "task %d: set registers of thread %d", t->pid, th->tid) : 0;
}

int release_set(struct restore *r, struct restore_task *t)
{
	int ret = 0;

	for (unsigned int i = 0; ret == 0 && i < t->n_threads; i++)
		ret = wait_stop(t->thread[i].tid);
	/* The main thread last: it takes away what the others may still stand in. */
	for (unsigned int i = t->n_threads; ret == 0 && i-- > 0;)
		ret = set_thread(t, &t->thread[i]);
	return ret;
}

int release_disown(struct restore *r, struct restore_task *t)
{
	int ret;

	for (unsigned int i = 0; i < t->n_threads; i++) {
		ret = ptrace_disown(t->thread[i].tid);
		if (ret < 0)
			return log_err(ret, "task %d: thread %d", t->pid, t->thread[i].tid);
	}
	return 0;
}

int release_go(struct restore *r, struct restore_task *t)
{
	const TaskCoreEntry *tc = restore_task_core(t);
	int ret;

	/* Whichever thread comes first takes the signal and stops the task: none runs any further. */
	if ((restore_task_stopped(t) || r->opts->leave_stopped) &&
	    kill(t->pid, tc->has_stop_signo ? (int)tc->stop_signo : SIGSTOP) < 0)
		return log_err(-errno, "task %d: stop it again", t->pid);
	for (unsigned int i = 0; i < t->n_threads; i++) {
		/* -ESRCH: it went on with the others, and has ended since, or exec'ed. */
		ret = ptrace_detach(t->thread[i].tid, 0);
		if (ret < 0 && ret != -ESRCH)
			return log_err(ret, "task %d: let thread %d go", t->pid, t->thread[i].tid);
		t->thread[i].held = false;
	}
	return 0;
}

/*
 * It only has to come by the signal that waits for it. A parent is told by the last thread that
 * stops, after its state can be seen and before it leaves its CPU, which reading its call waits for.
 */
static int await_thread(const struct restore_task *t, pid_t tid, bool stopped)
{
	_cleanup_close_ int proc = proc_open(t->pid, tid);
	_cleanup_buf_ struct buf call = {};
	uint64_t end = now_us() + PATIENCE_MS * 1000;
	struct proc_stat stat;
	int ret = proc;

	while (ret >= 0) {
		ret = proc_read_stat(proc, &stat);
		if (ret == 0 && (stat.state == 'T') == stopped) {
			(void)proc_read_single(proc, "syscall", &call);
			return 0;
		}
		if (now_us() > end)
			ret = -ETIMEDOUT;
		sched_yield();
	}
	return log_err(ret, "task %d: thread %d does not %s", t->pid, tid,
		       stopped ? "stop again" : "go on");
}

static int await_state(const struct restore_task *t, bool stopped)
{
	int ret = 0;

	for (unsigned int i = 0; ret == 0 && i < t->n_threads; i++)
		ret = await_thread(t, t->thread[i].tid, stopped);
	return ret;
}

int release_await_stop(struct restore *r, struct restore_task *t)
{
	return await_state(t, true);
}

int release_bounce(struct restore *r, struct restore_task *t)
{
	int ret;

	if (!restore_task_core(t)->continued)
		return 0;
	if (kill(t->pid, SIGSTOP) < 0)
		return log_err(-errno, "task %d: stop it once", t->pid);
	ret = await_state(t, true);
	if (ret == 0 && kill(t->pid, SIGCONT) < 0)
		ret = log_err(-errno, "task %d: continue it", t->pid);
	return ret < 0 ? ret : await_state(t, false);
}

int release_stops(struct restore *r, struct restore_task *t)
{
	if (siginfo_has_stop(restore_task_core(t)->signals_s) && kill(t->pid, SIGSTOP) < 0)
		return log_err(-errno, "task %d: pending SIGSTOP", t->pid);
	for (unsigned int i = 0; i < t->n_threads; i++)
		if (siginfo_has_stop(t->thread[i].core->thread_core->signals_p) &&
		    tgkill(t->pid, t->thread[i].tid, SIGSTOP) < 0)
			return log_err(-errno, "thread %d: pending SIGSTOP", t->thread[i].tid);
	return 0;
}
