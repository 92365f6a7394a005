// SPDX-License-Identifier: GPL-2.0-only
/* Holding a process tree still: finding all of it while it still changes. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "restart.h"
#include "seize.h"
#include "stop.h"
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
	free(t->fd);
	free(t->sigstop);
	vm_map_done(&t->map);
	page_runs_done(&t->guards);
	free(t->policy);
	free(t->file);
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
	r = stop_begin(t, pid);
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

static int quieten(struct tree *tree, struct task *t)
{
	int r;

	if (!t->quiet) {
		r = stop_all(tree, t);
		if (r == 0)
			r = adopt_children(tree, t);
		if (r < 0)
			return r;
		/* The list of a task that stands still is final. */
		t->quiet = true;
	}
	for (struct task *c = t->child; c; c = c->sibling) {
		r = quieten(tree, c);
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

static int freeze(struct tree *tree, pid_t root)
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
		r = quieten(tree, tree->root);
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

/* Whoever stood still already goes on with its call. */
static void let_go(struct tree *tree)
{
	struct task *t, *next;

	HASH_ITER(hh, tree->by_pid, t, next) {
		bool known = true;

		for_each_thread(th, t)
			known &= th->held && ptrace_get_regs(th->tid, &th->cpu.regs) == 0 &&
				 ptrace_get_sigmask(th->tid, &th->sigmask) == 0;
		if (known)
			(void)restart_after_stop(t);
	}
	tree_thaw(tree);
}

static int freeze_at_last(pid_t root, unsigned int timeout_ms, struct tree *ret)
{
	const struct timespec nap = { .tv_nsec = 10 * 1000 * 1000 };
	pid_t half_dead;
	int r;

	/* Most whose main thread has ended are about to end. We have held the others back: let them. */
	for (unsigned int i = 0; i < 20; i++) {
		*ret = (struct tree){ .timeout_ms = timeout_ms };
		r = freeze(ret, root);
		if (r == 0)
			return 0;
		half_dead = ret->half_dead;
		let_go(ret);
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

	thread_seize_begin(timeout_ms);
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

void tree_bury(struct tree *tree)
{
	/* A leader's end is only told when its last thread has been reaped. */
	for_each_task(t, tree)
		for (unsigned int i = t->n_threads; i-- > 0;)
			reap(t->thread[i].tid);
}
