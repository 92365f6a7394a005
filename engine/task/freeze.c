// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holding a process tree still. PTRACE_SEIZE with PTRACE_INTERRUPT stops a thread without a signal,
 * so nothing in the task can tell; a thread stopped by job control stays that way.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "seize.h"
#include "task.h"

static struct task *task_new(struct tree *tree, struct task *parent, pid_t pid, int proc)
{
	struct task *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->pid = pid;
	t->proc = proc;
	t->parent = parent;
	t->last_child = &t->child;
	if (parent) {
		*parent->last_child = t;
		parent->last_child = &t->sibling;
	} else {
		tree->root = t;
	}
	HASH_ADD_INT(tree->by_pid, pid, t);
	tree->n_tasks++;
	return t;
}

static void task_free(struct task *t)
{
	if (!t)
		return;
	for_each_thread(th, t) {
		free(th->cpu.xstate);
		proc_status_done(&th->status);
		free(th->sigstop);
	}
	free(t->thread);
	free(t->sigstop);
	vm_map_done(&t->map);
	page_runs_done(&t->guards);
	cleanup_close(&t->proc);
	free(t);
}

void tree_done(struct tree *tree)
{
	struct task *t, *next;

	HASH_ITER(hh, tree->by_pid, t, next) {
		HASH_DEL(tree->by_pid, t);
		task_free(t);
	}
	*tree = (struct tree){};
}

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

static int add_thread(struct task *t, pid_t tid)
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
	_cleanup_close_ int proc = proc_open(t->pid, tid);
	struct proc_stat stat;

	return proc >= 0 && proc_read_stat(proc, &stat) == 0 && stat.state == 'Z';
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
		r = add_thread(t, tids[i]);
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
			r = take_stop(t, th, &s);
		if (r == -ESRCH)
			vanished(t, th);
		else if (r == -EAGAIN)
			th->gone = true;
		else if (r < 0)
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
static int await_stop(struct task *t, struct thread *th, unsigned int timeout_ms)
{
	const unsigned int slice = 20;
	unsigned int waited = 0;
	struct stop s;
	int r;

	while (!th->held) {
		r = ptrace_wait(th->tid, MIN(slice, timeout_ms), &s);
		if (r == -ESRCH) {
			vanished(t, th);
			return 0;
		}
		if (r == -ETIMEDOUT) {
			waited += slice;
			if (waited >= MIN(timeout_ms, 200U) && in_vfork(t))
				return log_refuse("task %d waits in vfork() for a child that "
						  "shares its memory",
						  t->pid);
			if (waited >= timeout_ms)
				return log_err(r, "task %d: thread %d does not stop", t->pid,
					       th->tid);
			r = look_around(t, th);
			if (r == 0)
				r = interrupt_again(t, th);
		} else if (r == 0) {
			r = take_stop(t, th, &s);
			if (r == -EAGAIN) {
				th->gone = true;
				return 0;
			}
		} else {
			r = log_err(r, "task %d: wait for thread %d", t->pid, th->tid);
		}
		if (r < 0)
			return r;
	}
	return 0;
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

/* Stops every thread of a task, those included that appear while we do; forgets those that end. */
static int stop_threads(struct tree *tree, struct task *t, unsigned int timeout_ms)
{
	int r;

	do {
		for_each_thread(th, t) {
			r = th->gone ? 0 : await_stop(t, th, timeout_ms);
			if (r < 0)
				return r;
		}
		if (drop_gone(t))
			tree->ended = true;
		r = seize_threads(t);
	} while (r > 0 || (r == 0 && !all_held(t)));
	return r;
}

/*
 * A task's entry in the tree, made when a list of children shows one that has none yet, and its
 * main thread reached for. Its stop is waited for later, so that all stop side by side.
 */
static int adopt(struct tree *tree, struct task *parent, pid_t pid, pid_t maker)
{
	_cleanup_close_ int proc = -EBADF;
	struct task *t;
	int r;

	HASH_FIND_INT(tree->by_pid, &pid, t);
	if (t) {
		t->maker = maker; /* the one it had may have ended */
		return 0;
	}
	proc = proc_open(pid, 0);
	if (parent && proc == -ESRCH) {
		tree->ended = true;
		return 0;
	}
	if (proc < 0)
		return proc;
	t = task_new(tree, parent, pid, proc);
	if (!t)
		return -ENOMEM;
	proc = -EBADF;
	t->maker = maker;
	r = add_thread(t, pid);
	if (r == 0)
		tree->ended = true;
	return r < 0 ? r : 1;
}

/* Returns how many tasks it added. */
static int adopt_children(struct tree *tree, struct task *t)
{
	_cleanup_free_ pid_t *pids = NULL, *makers = NULL;
	unsigned int n;
	int r, found = 0;

	r = proc_children(t->proc, &pids, &makers, &n);
	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return log_err(r, "task %d: list of children", t->pid);
	for (unsigned int i = 0; i < n; i++) {
		r = adopt(tree, t, pids[i], makers[i]);
		if (r < 0)
			return r;
		found += r;
	}
	return found;
}

static int quieten(struct tree *tree, struct task *t, unsigned int timeout_ms)
{
	int r;

	if (!t->quiet) {
		r = stop_threads(tree, t, timeout_ms);
		if (r == 0)
			r = adopt_children(tree, t);
		if (r < 0)
			return r;
		/* The list of a task that stands still is final. */
		t->quiet = true;
	}
	for (struct task *c = t->child; c; c = c->sibling) {
		r = quieten(tree, c, timeout_ms);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads what stands still now; drops children that ended and were reaped, and knows zombies. */
static int settle(struct tree *tree, struct task *t)
{
	int r;

	r = proc_read_stat(t->proc, &t->stat);
	if (r < 0)
		return r;
	t->zombie = t->stat.state == 'Z';
	if (t->zombie ? t->n_threads > 0 : t->n_threads > 0 && t->thread[0].tid != t->pid) {
		tree->half_dead = t->pid;
		return -EAGAIN;
	}

	for (struct task **at = &t->child; *at;) {
		struct task *c = *at;

		r = settle(tree, c);
		if (r == -ESRCH || r == -ENOENT) {
			*at = c->sibling;
			HASH_DEL(tree->by_pid, c);
			tree->n_tasks--;
			task_free(c);
			continue;
		}
		if (r < 0)
			return r;
		at = &c->sibling;
	}
	return 0;
}

/* Links the tree in preorder; returns where the next task is to be linked. */
static struct task **link_preorder(struct task *t, struct task **at)
{
	*at = t;
	at = &t->next;
	for (struct task *c = t->child; c; c = c->sibling)
		at = link_preorder(c, at);
	*at = NULL;
	return at;
}

static int read_thread(const struct task *t, struct thread *th)
{
	static uint8_t area[ARCH_XSTATE_MAX];
	const char *odd;
	size_t len = sizeof(area);
	int r;

	r = ptrace_get_regs(th->tid, &th->cpu.regs);
	if (r == -EPROTOTYPE)
		return log_refuse("task %d: a 32-bit task: not supported yet", t->pid);
	if (r == 0)
		r = ptrace_get_xstate(th->tid, area, &len);
	if (r == 0)
		r = ptrace_get_sigmask(th->tid, &th->sigmask);
	if (r < 0)
		return log_err(r, "task %d: registers of thread %d", t->pid, th->tid);
	odd = arch_unsupported(&th->cpu.regs);
	if (odd)
		return log_refuse("task %d: %s: not supported yet", t->pid, odd);
	th->cpu.xstate = malloc(len);
	if (!th->cpu.xstate)
		return -ENOMEM;
	memcpy(th->cpu.xstate, area, len);
	th->cpu.xstate_len = len;
	return 0;
}

static int freeze(struct tree *tree, pid_t root, unsigned int timeout_ms)
{
	struct task *at, *next;
	int r;

	r = adopt(tree, NULL, root, 0);
	if (r == -ESRCH)
		return log_err(r, "task %d", root);
	if (r < 0)
		return r;
	do {
		tree->ended = false;
		r = quieten(tree, tree->root, timeout_ms);
		if (r < 0)
			return r;
		/* Children of one that ended have moved to another parent: look once more. */
		HASH_ITER(hh, tree->by_pid, at, next)
			at->quiet = !tree->ended;
	} while (tree->ended);

	r = settle(tree, tree->root);
	if (r == -EAGAIN)
		return r;
	if (r < 0)
		return log_err(r, "task %d: stat", root);
	if (tree->root->zombie)
		return log_refuse("task %d is a zombie", root);
	link_preorder(tree->root, &tree->root);

	for_each_task(t, tree) {
		if (!t->zombie && t->n_threads == 0)
			return log_err(-ESRCH, "task %d", t->pid);
		for_each_thread(th, t) {
			r = read_thread(t, th);
			if (r < 0)
				return r;
			tree->n_threads++;
		}
	}
	return 0;
}

static void bury_one(pid_t tid)
{
	struct stop s;

	while (ptrace_wait(tid, 1000, &s) == 0 && s.kind != STOP_GONE)
		(void)ptrace_detach(tid, 0);
}

/*
 * Whoever stood still and cannot be let go has been killed since: another thread executes a program,
 * which lasts until we have buried it. The main thread, wherever in the list, is that one's to bury.
 */
static void bury_killed(struct tree *tree)
{
	struct task *t, *next;

	HASH_ITER(hh, tree->by_pid, t, next) {
		for_each_thread(th, t)
			if (th->tid != t->pid)
				bury_one(th->tid);
		bury_one(t->pid);
	}
}

static int freeze_at_last(pid_t root, unsigned int timeout_ms, struct tree *ret)
{
	const struct timespec nap = { .tv_nsec = 10 * 1000 * 1000 };
	pid_t half_dead;
	int r;

	/* Most whose main thread has ended are about to end. We have held the others back: let them. */
	for (unsigned int i = 0; i < 20; i++) {
		*ret = (struct tree){};
		r = freeze(ret, root, timeout_ms);
		if (r == 0)
			return 0;
		half_dead = ret->half_dead;
		tree_thaw(ret);
		if (r == -EAGAIN)
			bury_killed(ret);
		tree_done(ret);
		if (r != -EAGAIN)
			return r;
		nanosleep(&nap, NULL);
	}
	return log_refuse("task %d: its main thread has ended while others run: not supported yet",
			  half_dead);
}

int tree_freeze(pid_t root, unsigned int timeout_ms, struct tree *ret)
{
	int r;

	thread_seize_begin();
	r = freeze_at_last(root, timeout_ms, ret);
	thread_seize_end();
	return r;
}

void tree_thaw(struct tree *tree)
{
	struct task *t, *next;

	/* By the table: a freeze that failed has no preorder yet. */
	HASH_ITER(hh, tree->by_pid, t, next) {
		if (t->sigstop)
			(void)kill(t->pid, SIGSTOP);
		for_each_thread(th, t) {
			if (th->sigstop)
				(void)tgkill(t->pid, th->tid, SIGSTOP);
			/* One that still runs cannot be detached; our end does that. */
			(void)ptrace_detach(th->tid, 0);
			th->held = false;
		}
	}
}

void tree_leave_stopped(struct tree *tree)
{
	for_each_task(t, tree)
		if (!t->zombie)
			(void)kill(t->pid, SIGSTOP);
	tree_thaw(tree);
}

static void reap(pid_t tid)
{
	int status;

	while (waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status))
		;
}

void tree_kill(struct tree *tree)
{
	for_each_task(t, tree)
		if (!t->zombie)
			(void)kill(t->pid, SIGKILL);
}

void tree_bury(struct tree *tree)
{
	/* A leader's end is only told when its last thread has been reaped. */
	for_each_task(t, tree)
		for (unsigned int i = t->n_threads; i-- > 0;)
			reap(t->thread[i].tid);
}
