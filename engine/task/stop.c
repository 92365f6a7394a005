// SPDX-License-Identifier: GPL-2.0-only
/*
 * PTRACE_SEIZE with PTRACE_INTERRUPT stops a thread without a signal, so nothing in the task can tell;
 * a thread stopped by job control stays that way.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "engine/session.h"
#include "seize.h"
#include "stop.h"

static bool known_thread(const struct task *t, pid_t tid, unsigned int likely)
{
	/* Both lists rise, unless pids have wrapped meanwhile: no search in nearly all cases. */
	if (likely < t->n_threads && t->thread[likely].tid == tid)
		return true;
	if (tid > t->highest_tid)
		return false;
	for (unsigned int i = t->n_threads; i-- > 0;)
		if (t->thread[i].tid == tid)
			return true;
	return false;
}

int stop_begin(struct task *t, pid_t tid)
{
	struct thread *more;
	int r;

	r = thread_seize(t, tid);
	if (r < 0)
		return r == -EAGAIN ? 0 : r;
	more = realloc(t->thread, (t->n_threads + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	t->thread = more;
	more[t->n_threads++] = (struct thread){ .tid = tid };
	t->highest_tid = MAX(t->highest_tid, tid);
	return 1;
}

/* Dead, but listed for as long as nobody has waited for it. */
static bool stays_dead(const struct task *t, pid_t tid)
{
	return proc_state(t->pid, tid) == 'Z';
}

/*
 * Seizes the threads not held yet; returns how many. One that ended before we had it counts: it may
 * have made another before, and the list, which is no snapshot, may end where it did.
 */
static int seize_threads(struct task *t)
{
	_cleanup_free_ pid_t *tids = NULL;
	unsigned int n;
	int r, found = 0;

	r = proc_threads(t->proc, &tids, &n);
	if (r == -ESRCH || r == -ENOENT)
		return 0; /* its parent will show it as a zombie, or not at all */
	if (r < 0)
		return log_err(r, "task %d: list of threads", t->pid);

	for (unsigned int i = 0; i < n; i++) {
		if (known_thread(t, tids[i], i))
			continue;
		r = stop_begin(t, tids[i]);
		if (r < 0)
			return r;
		found += r > 0 || !stays_dead(t, tids[i]);
	}
	return found;
}

/*
 * A parent in vfork() cannot be stopped until its child execs, and the child runs in its memory:
 * said at once, instead of after the timeout.
 */
static bool in_vfork(const struct task *t)
{
	_cleanup_free_ pid_t *child = NULL;
	unsigned int n;

	if (proc_children(t->proc, &child, NULL, &n) < 0)
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (sys_kcmp(t->pid, child[i], KCMP_WHAT_VM) == 0)
			return true;
	return false;
}

/* What becomes of a thread by a stop of its. 0: it still runs. -EAGAIN: it ended. */
static int take_stop(struct task *t, struct thread *th, const struct stop *s)
{
	int r;

	switch (s->kind) {
	case STOP_GONE:
		return -EAGAIN;
	case STOP_SIGNAL:
		/*
		 * The signal is off its queue: it must be delivered. A timer's is taken off in two
		 * steps, and an interrupt that comes between them ends with this stop. Interrupted
		 * while it stands here, it has one to come in any case, and never two.
		 */
		r = ptrace_interrupt(th->tid);
		if (r == 0)
			r = ptrace_cont(th->tid, s->sig);
		if (r == -ESRCH)
			return -EAGAIN;
		return r < 0 ? log_err(r, "task %d: deliver signal %d", t->pid, s->sig) : 0;
	case STOP_GROUP:
		t->stop_signo = s->sig;
		break;
	case STOP_ENTRY: /* of nobody who was not let run to one */
	case STOP_EXIT:
	case STOP_EVENT:
		break;
	}
	th->held = true;
	return 0;
}

static int take_or_bury(struct task *t, struct thread *th, const struct stop *s)
{
	int r = take_stop(t, th, s);

	if (r == -EAGAIN)
		th->gone = true;
	return r == -EAGAIN ? 0 : r;
}

/*
 * A traced thread does not vanish but by execve(2), which gives it the pid of the leader: whose stop,
 * if it was seen, is not that of the thread that has the pid now.
 */
static void vanished(struct task *t, struct thread *th)
{
	th->gone = true;
	t->thread[0].held = false;
}

/*
 * Whoever executes a program waits in the kernel for the end of all other threads of its process,
 * which lasts until their tracer, us, has reaped them.
 */
static int look_around(struct task *t, const struct thread *waited_for)
{
	for_each_thread(th, t) {
		struct stop s;
		int r;

		if (th == waited_for || th->gone)
			continue;
		r = ptrace_wait(th->tid, 0, &s);
		if (r == -ETIMEDOUT)
			continue;
		if (r == 0)
			r = take_or_bury(t, th, &s);
		else if (r == -ESRCH)
			vanished(t, th);
		if (r < 0 && r != -ESRCH)
			return r;
	}
	return 0;
}

/*
 * Since 7.1, and in stable kernels of that summer, execve(2) in a process of several threads drops
 * the interrupt of the one that calls it (90918794a4e2). Where it is not lost, or its stop has not
 * been seen yet, another does no harm: the gate takes a stop too many, and a detach takes it back.
 */
static int interrupt_again(const struct task *t, const struct thread *th)
{
	int r = ptrace_interrupt(th->tid);

	return r < 0 && r != -ESRCH ? log_err(r, "task %d: interrupt thread %d", t->pid, th->tid)
				    : 0;
}

/* Waits until a seized thread stands still, or is gone. */
static int await_stop(const struct tree *tree, struct task *t, struct thread *th)
{
	const unsigned int slice_ms = 20, vfork_ms = 200;
	uint64_t begun = now_us();
	struct stop s;
	int r = 0;

	while (r == 0 && !th->held && !th->gone) {
		/* Before the look: it may be us who got no CPU. */
		uint64_t waited_ms = (now_us() - begun) / 1000;

		r = ptrace_wait(th->tid, MIN(slice_ms, tree->timeout_ms), &s);
		if (r == 0) {
			r = take_or_bury(t, th, &s);
		} else if (r == -ESRCH) {
			vanished(t, th);
			r = 0;
		} else if (r != -ETIMEDOUT) {
			r = log_err(r, "task %d: wait for thread %d", t->pid, th->tid);
		} else if (waited_ms >= MIN(tree->timeout_ms, vfork_ms) && in_vfork(t)) {
			r = log_refuse("task %d waits in vfork() for a child that shares its "
				       "memory",
				       t->pid);
		} else if (waited_ms >= tree->timeout_ms &&
			   waited_ms >= ptrace_patience(th->tid, tree->timeout_ms)) {
			r = log_err(r, "task %d: thread %d does not stop (state %c)", t->pid,
				    th->tid, proc_state(t->pid, th->tid));
		} else {
			r = look_around(t, th);
			if (r == 0)
				r = interrupt_again(t, th);
		}
	}
	return r;
}

/*
 * Every thread that is not gone stands still. Whoever was not seized yet may have executed a program:
 * then all others have ended, and the main thread's pid belongs to one that runs.
 */
static bool all_held(struct task *t)
{
	if (t->n_threads && t->thread[0].held)
		t->thread[0].held = ptrace_stands(t->thread[0].tid);
	for_each_thread(th, t)
		if (!th->held)
			return false;
	return true;
}

/* Forgets the threads that are gone; whether there were any. One of them may have ended them all. */
static bool drop_gone(struct task *t)
{
	unsigned int had = t->n_threads;

	t->n_threads = 0;
	for (struct thread *th = t->thread; th < t->thread + had; th++)
		if (!th->gone)
			t->thread[t->n_threads++] = *th;
	if (t->n_threads == had)
		return false;
	for_each_thread(th, t)
		th->held = th->held && ptrace_stands(th->tid);
	return true;
}

int stop_all(struct tree *tree, struct task *t)
{
	int r;

	do {
		for_each_thread(th, t) {
			r = await_stop(tree, t, th);
			if (r < 0)
				return r;
		}
		if (drop_gone(t))
			tree->ended = true;
		r = seize_threads(t);
	} while (r > 0 || (r == 0 && !all_held(t)));
	return r;
}
