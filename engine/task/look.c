// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "parts.h"
#include "restart.h"

/* Is there a task in the tree whose pid leads this session or group? */
static bool led_from_inside(const struct dump *d, pid_t id)
{
	const struct task *t;

	HASH_FIND_INT(d->tree.by_pid, &id, t);
	return t != NULL;
}

/*
 * A session or group whose leader lives on outside can only be rebuilt as the caller's own: those of
 * a job, whose root is in them.
 */
static int look_at_job(struct dump *d, const struct task *t)
{
	const struct proc_stat *root = &d->tree.root->stat;
	struct {
		pid_t id, of_root;
		const char *what;
	} ids[] = { { t->stat.sid, root->sid, "session" },
		    { t->stat.pgid, root->pgid, "process group" } };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		_cleanup_close_ int proc = -EBADF;
		bool of_job = d->opts->shell_job && ids[i].id == ids[i].of_root;

		if (of_job || led_from_inside(d, ids[i].id))
			continue;
		if (ids[i].id == 0)
			return log_refuse("task %d: its %s is led from outside the pid namespace%s",
					  t->pid, ids[i].what,
					  d->opts->shell_job ? "" : " (--shell-job)");
		proc = proc_open(ids[i].id, 0);
		if (proc >= 0)
			return log_refuse("task %d: its %s %d is led from outside the tree%s",
					  t->pid, ids[i].what, ids[i].id,
					  d->opts->shell_job ? ", and is not that of its root"
							     : " (--shell-job)");
	}
	return 0;
}

/* What /proc tells of the threads of one task. */
struct thread_look {
	int err;
	uint64_t ns[THREAD_NAMESPACES];
};

struct look {
	struct task *task;
	struct thread_look *of;
};

static int read_thread(struct task *t, struct thread *th, struct thread_look *l)
{
	_cleanup_close_ int proc = proc_open(t->pid, th->tid);
	int r;

	if (proc < 0)
		return proc;
	r = proc_read_status(proc, &th->status);
	return r < 0 || t->n_threads == 1 ? r : ids_thread_namespaces(proc, l->ns);
}

static int read_one(void *arg, size_t i)
{
	struct look *l = arg;

	l->of[i].err = read_thread(l->task, &l->task->thread[i], &l->of[i]);
	return 0;
}

/* The kernel makes ten inodes to answer for one thread: all CPUs ask. */
static int look_at_threads(struct task *t)
{
	_cleanup_free_ struct thread_look *of = calloc(t->n_threads, sizeof(*of));
	struct look l = { t, of };
	int r;

	if (!of)
		return -ENOMEM;
	r = parallel_for(t->n_threads, read_one, &l);
	for (unsigned int i = 0; r == 0 && i < t->n_threads; i++) {
		struct thread *th = &t->thread[i];

		if (of[i].err < 0)
			return log_err(of[i].err, "task %d: status of thread %d", t->pid, th->tid);
		r = seccomp_look(t, th);
		if (r == 0)
			r = ids_check_thread(t, th->tid, of[i].ns, of[0].ns);
	}
	return r;
}

static int find_sigstop(pid_t tid, bool shared, siginfo_t **ret)
{
	_cleanup_free_ siginfo_t *info = NULL;
	unsigned int n;
	int r = ptrace_peek_siginfo(tid, shared, &info, &n);

	for (unsigned int i = 0; r == 0 && i < n; i++) {
		if (info[i].si_signo != SIGSTOP)
			continue;
		*ret = malloc(sizeof(**ret));
		if (!*ret)
			return -ENOMEM;
		**ret = info[i];
		break;
	}
	return r;
}

/* No mask keeps SIGSTOP from being taken in the gate: what waits of a stopped task is noted now. */
static int look_for_stops(struct task *t)
{
	int r = find_sigstop(t->pid, true, &t->sigstop);

	for_each_thread(th, t)
		if (r == 0)
			r = find_sigstop(th->tid, false, &th->sigstop);
	return r < 0 ? log_err(r, "task %d: pending signals", t->pid) : 0;
}

int task_find_calls(struct dump *d, struct task *t)
{
	int r = 0;

	for_each_thread(th, t) {
		bool sud = false;

		r = ptrace_sud_active(th->tid, &sud);
		/* -EIO: before 6.4 nobody tells. */
		if (r < 0 && r != -EIO)
			return log_err(r, "task %d: syscall user dispatch", t->pid);
		if (sud)
			return log_refuse("task %d: syscall user dispatch: not supported yet",
					  t->pid);
		r = restart_find(t, th, d->timeout_ms);
		if (r < 0)
			return r;
	}
	return 0;
}

int task_look(struct dump *d, struct task *t)
{
	int r;

	r = look_at_job(d, t);
	if (r == 0 && t->stop_signo)
		r = look_for_stops(t);
	if (r < 0)
		return r;
	r = look_at_threads(t);
	if (r < 0)
		return r;
	for_each_thread(th, t) {
		r = sched_look(t, th);
		if (r == 0)
			r = rseq_look(t, th);
		if (r < 0)
			return r;
	}
	return core_look(d, t);
}
