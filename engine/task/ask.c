// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "ask.h"
#include "attributes.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/inject/inject.h"
#include "engine/memory/policy.h"
#include "parts.h"
#include "security.h"

#define GET_THP_DISABLE 42

/* What the main thread could wait for of one child. */
struct child_question {
	uint64_t info;
	int call;
};

/* Where the answers of a thread will be. */
struct questions {
	uint64_t sas, clear_tid, pdeath, policy, nodes;
	int slack, default_slack, securebits, policy_call, clear_tid_call, uring;
	int attribute[MAX_ATTRIBUTES];
	struct security_questions security;
	struct rseq_questions rseq;
	/* Of the main thread. */
	uint64_t sigaction[NR_SIGNALS], itimer[3], subreaper;
	uint64_t *timer;
	int *ring;
	struct child_question *child;
	struct membarrier_questions membarrier;
	int dumpable, thp, brk, discard, ldt, undo, fds, policies;
	uint64_t resident;
	int *timer_call, *overrun_call;
};

static bool is_ring(const struct vm_area *a)
{
	return str_after(a->name, "/[aio]");
}

static unsigned int rings(const struct task *t)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->map.n; i++)
		n += is_ring(&t->map.area[i]);
	return n;
}

/* A ring that came by fork belongs to no context: fetching no event from it fails. */
static void ask_rings(const struct task *t, struct batch *b, struct questions *q)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->map.n; i++)
		if (is_ring(&t->map.area[i]))
			q->ring[n++] =
				batch_call(b, SYS_io_getevents, t->map.area[i].start, 0, 0, 0, 0);
}

static int answer_rings(struct task *t, struct batch *b, const struct questions *q)
{
	struct task_answers *a = &t->answers;
	unsigned int n = 0;

	a->aio = calloc(rings(t) + 1, sizeof(*a->aio));
	if (!a->aio)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->map.n; i++)
		if (is_ring(&t->map.area[i]) && batch_ret(b, q->ring[n++]) == 0)
			a->aio[a->n_aio++] = t->map.area[i].start;
	return 0;
}

bool task_has_aio(const struct task *t, uint64_t ring)
{
	for (unsigned int i = 0; i < t->answers.n_aio; i++)
		if (t->answers.aio[i] == ring)
			return true;
	return false;
}

static unsigned int children(const struct task *t)
{
	unsigned int n = 0;

	for (const struct task *c = t->child; c; c = c->sibling)
		n++;
	return n;
}

long task_ask_extra(struct task *t)
{
	struct task_answers *a = &t->answers;
	long fds = fds_look(t);
	int r;

	if (fds < 0)
		return fds;
	/* Without CONFIG_POSIX_TIMERS nobody has any. */
	r = proc_timers(t->proc, &a->timer, &a->n_timers);
	if (r < 0 && r != -ENOENT)
		return log_err(r, "task %d: list of timers", t->pid);
	a->timer_value = calloc(a->n_timers + 1, sizeof(*a->timer_value));
	a->timer_overrun = calloc(a->n_timers + 1, sizeof(*a->timer_overrun));
	if (!a->timer_value || !a->timer_overrun)
		return -ENOMEM;
	return a->n_timers * (2 * sizeof(struct gate_op) + sizeof(struct raw_timer)) +
	       rings(t) * sizeof(struct gate_op) +
	       children(t) * (sizeof(struct gate_op) + sizeof(siginfo_t)) + undo_room(t) +
	       policy_room(t) + fds;
}

static void ask_thread(struct batch *b, bool leader, struct questions *q)
{
	q->sas = batch_out(b, sizeof(stack_t));
	q->clear_tid = batch_out(b, sizeof(uint64_t));
	q->pdeath = batch_out(b, sizeof(int));
	q->policy = batch_out(b, sizeof(int));
	q->nodes = batch_out(b, sizeof(((struct thread_answers *)0)->mempolicy_nodes));
	batch_call(b, SYS_sigaltstack, 0, q->sas);
	q->clear_tid_call = batch_call(b, SYS_prctl, PR_GET_TID_ADDRESS, q->clear_tid);
	batch_call(b, SYS_prctl, PR_GET_PDEATHSIG, q->pdeath);
	/* What a slack of 0 falls back to shows only when it has. */
	q->slack = batch_call(b, SYS_prctl, PR_GET_TIMERSLACK);
	batch_pass(b, 3, 1);
	batch_call(b, SYS_prctl, PR_SET_TIMERSLACK, 0);
	q->default_slack = batch_call(b, SYS_prctl, PR_GET_TIMERSLACK);
	batch_call(b, SYS_prctl, PR_SET_TIMERSLACK, 0 /* what it was */);
	q->securebits = batch_call(b, SYS_prctl, PR_GET_SECUREBITS);
	/* The kernel counts the nodes of a mask one more than there are bits. */
	q->policy_call =
		batch_call(b, SYS_get_mempolicy, q->policy, q->nodes,
			   8 * sizeof(((struct thread_answers *)0)->mempolicy_nodes) + 1, 0, 0);
	attributes_ask(b, leader, q->attribute);
}

/*
 * Nothing tells whether mlockall(MCL_FUTURE) is in force, but a new mapping shows it: it is populated
 * at once (unless MCL_ONFAULT), and pages of locked memory cannot be discarded.
 */
static void ask_mlock_future(struct batch *b, uint64_t page, struct questions *q)
{
	q->resident = batch_out(b, 1);
	batch_call(b, SYS_mincore, page, PAGE, q->resident);
	q->discard = batch_call(b, SYS_madvise, page, PAGE, MADV_DONTNEED);
}

/* What the parent could still wait for; nothing in /proc tells, before 5.17. */
static void ask_children(const struct task *t, struct batch *b, struct questions *q)
{
	unsigned int i = 0;

	for (const struct task *c = t->child; c; c = c->sibling, i++) {
		if (c->zombie)
			continue;
		q->child[i].info = batch_out(b, sizeof(siginfo_t));
		q->child[i].call =
			batch_call(b, SYS_waitid, P_PID, c->pid, q->child[i].info,
				   WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL, 0);
	}
}

static int answer_children(const struct task *t, struct batch *b, const struct questions *q)
{
	unsigned int i = 0;

	for (struct task *c = t->child; c; c = c->sibling, i++) {
		const siginfo_t *info;
		int64_t r;

		if (c->zombie)
			continue;
		r = batch_ret(b, q->child[i].call);
		if (r < 0)
			return log_err(r, "task %d: what its parent can wait for", c->pid);
		info = batch_at(b, q->child[i].info);
		c->stop_waited = c->stop_signo && info->si_pid != c->pid;
		c->continued = info->si_pid == c->pid && info->si_code == CLD_CONTINUED;
	}
	return 0;
}

static int ask_leader(const struct task *t, struct batch *b, const struct task_answers *a,
		      struct questions *q)
{
	int r;

	for (int sig = 1; sig <= NR_SIGNALS; sig++) {
		q->sigaction[sig - 1] = batch_out(b, sizeof(struct raw_sigaction));
		batch_call(b, SYS_rt_sigaction, sig, 0, q->sigaction[sig - 1], sizeof(uint64_t));
	}
	for (int i = 0; i < 3; i++) {
		q->itimer[i] = batch_out(b, sizeof(struct raw_timer));
		batch_call(b, SYS_getitimer, i, q->itimer[i]);
	}
	for (unsigned int i = 0; i < a->n_timers; i++) {
		q->timer[i] = batch_out(b, sizeof(struct raw_timer));
		q->timer_call[i] = batch_call(b, SYS_timer_gettime, a->timer[i].id, q->timer[i]);
		q->overrun_call[i] = batch_call(b, SYS_timer_getoverrun, a->timer[i].id);
	}
	q->subreaper = batch_out(b, sizeof(int));
	batch_call(b, SYS_prctl, PR_GET_CHILD_SUBREAPER, q->subreaper);
	q->dumpable = batch_call(b, SYS_prctl, PR_GET_DUMPABLE);
	q->thp = batch_call(b, SYS_prctl, GET_THP_DISABLE);
	q->brk = batch_call(b, SYS_brk, 0);
	ask_mlock_future(b, inject_untouched_page(t), q);
	q->ldt = arch_ask_ldt(b);
	ask_children(t, b, q);
	ask_rings(t, b, q);
	fds_ask(t, b, &q->fds);
	r = undo_ask(t, b, &q->undo);
	if (r >= 0)
		r = policy_ask(t, b, &q->policies);
	return r < 0 ? r : membarrier_ask(b, &q->membarrier);
}

static void questions_free(struct task *t)
{
	for (unsigned int i = 0; t->questions && i < t->n_threads; i++) {
		free(t->questions[i].timer);
		free(t->questions[i].timer_call);
		free(t->questions[i].overrun_call);
		free(t->questions[i].child);
		free(t->questions[i].ring);
	}
	free(t->questions);
	t->questions = NULL;
}

int task_ask(struct task *t)
{
	const struct task_answers *a = &t->answers;
	int r = 0;

	t->questions = calloc(t->n_threads, sizeof(*t->questions));
	if (!t->questions)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->n_threads; i++) {
		struct questions *q = &t->questions[i];

		if (i == 0) {
			q->timer = calloc(a->n_timers + 1, sizeof(*q->timer));
			q->timer_call = calloc(a->n_timers + 1, sizeof(*q->timer_call));
			q->overrun_call = calloc(a->n_timers + 1, sizeof(*q->overrun_call));
			q->child = calloc(children(t) + 1, sizeof(*q->child));
			q->ring = calloc(rings(t) + 1, sizeof(*q->ring));
			if (!q->timer || !q->timer_call || !q->overrun_call || !q->child ||
			    !q->ring)
				return -ENOMEM;
			r = ask_leader(t, t->thread[i].batch, a, q);
		}
		ask_thread(t->thread[i].batch, i == 0, q);
		if (r >= 0)
			r = security_ask(t, &t->thread[i], t->thread[i].batch, &q->security);
		if (r >= 0)
			r = rseq_ask(&t->thread[i], t->thread[i].batch, &q->rseq);
		if (r >= 0)
			r = uring_ask(t->thread[i].batch, &q->uring);
		if (r < 0 && r != -ENOBUFS)
			return r;
		/* A slice that overflows says so with every further call, the last one too. */
		if (batch_call(t->thread[i].batch, SYS_gettid) < 0)
			return log_err(-ENOBUFS,
				       "task %d: more questions than the area has room for",
				       t->pid);
	}
	return 0;
}

static int answer_thread(const struct task *t, struct thread *th, const struct questions *q)
{
	struct thread_answers *a = &th->answers;
	struct batch *b = th->batch;
	const stack_t *ss = batch_at(b, q->sas);
	int64_t ret;

	a->ss_sp = (uintptr_t)ss->ss_sp;
	a->ss_size = ss->ss_size;
	a->ss_flags = ss->ss_flags;
	ret = batch_ret(b, q->clear_tid_call);
	if (ret < 0)
		return log_err(ret, "task %d: clear_child_tid of thread %d", t->pid, th->tid);
	a->clear_tid = *(uint64_t *)batch_at(b, q->clear_tid);
	a->pdeath_sig = *(int *)batch_at(b, q->pdeath);
	a->timerslack = batch_ret(b, q->slack);
	a->default_timerslack = batch_ret(b, q->default_slack);
	a->securebits = batch_ret(b, q->securebits);
	if (batch_ret(b, q->policy_call) == 0) {
		a->mempolicy = *(int *)batch_at(b, q->policy);
		memcpy(a->mempolicy_nodes, batch_at(b, q->nodes), sizeof(a->mempolicy_nodes));
	}
	attributes_answer(t, b, q->attribute, th);
	ret = rseq_answer(t, th, b, &q->rseq);
	if (ret == 0)
		ret = uring_answer(t, th, b, q->uring);
	return ret < 0 ? ret : security_answer(t, th, b, &q->security);
}

static int answer_leader(struct task *t, struct batch *b, const struct questions *q)
{
	struct task_answers *a = &t->answers;
	int64_t ret;

	for (int i = 0; i < NR_SIGNALS; i++)
		memcpy(&a->sigaction[i], batch_at(b, q->sigaction[i]), sizeof(a->sigaction[i]));
	for (int i = 0; i < 3; i++)
		memcpy(&a->itimer[i], batch_at(b, q->itimer[i]), sizeof(a->itimer[i]));
	for (unsigned int i = 0; i < a->n_timers; i++) {
		ret = batch_ret(b, q->timer_call[i]);
		if (ret < 0)
			return log_err(ret, "task %d: timer %d", t->pid, a->timer[i].id);
		memcpy(&a->timer_value[i], batch_at(b, q->timer[i]), sizeof(a->timer_value[i]));
		a->timer_overrun[i] = batch_ret(b, q->overrun_call[i]);
	}
	a->child_subreaper = *(int *)batch_at(b, q->subreaper);
	a->dumpable = batch_ret(b, q->dumpable);
	ret = batch_ret(b, q->thp);
	a->thp_disabled = ret > 0 ? ret : 0;
	a->brk = batch_ret(b, q->brk);
	if (batch_ret(b, q->discard) == -EINVAL)
		a->mlock_future =
			MCL_FUTURE | (*(uint8_t *)batch_at(b, q->resident) & 1 ? 0 : MCL_ONFAULT);
	a->membarrier = membarrier_answer(b, &q->membarrier);
	if (q->ldt >= 0 && batch_ret(b, q->ldt) > 0)
		return log_refuse("task %d has a local descriptor table: not supported yet",
				  t->pid);
	ret = undo_answer(t, b, q->undo);
	if (ret == 0)
		ret = policy_answer(t, b, q->policies);
	if (ret == 0)
		ret = fds_answer(t, b, q->fds);
	if (ret == 0)
		ret = answer_rings(t, b, q);
	return ret < 0 ? ret : answer_children(t, b, q);
}

int task_answer(struct task *t)
{
	int r = answer_leader(t, task_leader(t)->batch, &t->questions[0]);

	for (unsigned int i = 0; r == 0 && i < t->n_threads; i++)
		r = answer_thread(t, &t->thread[i], &t->questions[i]);
	questions_free(t);
	return r;
}

/* 1: somebody has been asked. */
static int ask_more(struct task *t, int *fds, int *policies)
{
	bool any = false;
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < t->n_threads; i++)
		r = uring_ask_more(&t->thread[i], t->thread[i].batch);
	fds_ask(t, task_leader(t)->batch, fds);
	/* The last: takes all the room there is. */
	policy_ask_nodes(t, task_leader(t)->batch, policies);
	for_each_thread(th, t)
		any |= th->batch->n_ops > 0;
	return r < 0 ? log_err(r, "task %d: no room for more questions", t->pid) : any;
}

static int answer_more(struct task *t, int fds, int policies)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < t->n_threads; i++)
		r = uring_answer_more(t, &t->thread[i], t->thread[i].batch);
	if (r == 0)
		r = fds_answer(t, task_leader(t)->batch, fds);
	return r < 0 ? r : policy_answer_nodes(t, task_leader(t)->batch, policies);
}

int task_ask_more(struct task *t, unsigned int timeout_ms)
{
	int fds, policies, r;

	for (;;) {
		inject_again(t);
		r = ask_more(t, &fds, &policies);
		if (r <= 0)
			return r;
		r = inject_run_begin(t);
		if (r == 0)
			r = inject_run_end(t, timeout_ms);
		if (r == 0)
			r = answer_more(t, fds, policies);
		if (r < 0)
			return r;
	}
}
