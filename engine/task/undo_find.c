// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much a task has to undo of a semaphore: whether a change can still be made to it, or is ERANGE,
 * tells whether it is more than some number, and so by halves which number it is. At the end of a
 * task that was dumped it would be undone, so it is taken from the task before.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/inject/inject.h"
#include "undo.h"

#define HIGHEST  UNDO_HIGHEST
#define ATTEMPTS 100

struct undo {
	const struct undo_set *set;
	int id;
	unsigned short num;
	int change;
	bool taken;
};

/* ---- questions ---- */

/*
 * Is more than HIGHEST - by to be added at the end (sign 1)? Or, what is negative then, less than
 * by - HIGHEST - 1 (sign -1)? by is from 1 on, to HIGHEST or one more.
 */
struct question {
	const struct undo_set *set;
	unsigned short num;
	int sign, by;
	bool yes;
	/* What is left of the range where it changes. */
	int low, high;
	int call;
};
#define QUESTION_OPS 6

static struct sembuf *question_ops(struct sembuf *op, const struct question *q)
{
	int value = q->set->value[q->num];

	if (q->sign > 0) {
		op = undo_add_op(op, q->num, HIGHEST - value, 0);
		op = undo_add_op(op, q->num, -q->by, SEM_UNDO);
		op = undo_add_op(op, q->num, 1, 0);
	} else {
		op = undo_add_op(op, q->num, -value, 0);
		op = undo_add_op(op, q->num, MIN(q->by, HIGHEST), SEM_UNDO);
		if (q->by > HIGHEST) {
			op = undo_add_op(op, q->num, -HIGHEST, 0);
			op = undo_add_op(op, q->num, 1, SEM_UNDO);
		}
	}
	/* What never succeeds: it is more than 0 by now. */
	*op++ = (struct sembuf){ q->num, 0, IPC_NOWAIT };
	return op;
}

static int run(struct dump *d, struct task *t)
{
	int r = inject_run_begin(t);

	return r < 0 ? r : inject_run_end(t, d->timeout_ms);
}

/* One call; -ENOBUFS when there is no room for it any more. */
static int put_call(struct task *t, int id, const struct sembuf *op, size_t n)
{
	struct batch *b = task_leader(t)->batch;
	uint64_t at = batch_out(b, n * sizeof(*op));

	if (!at)
		return -ENOBUFS;
	memcpy(batch_at(b, at), op, n * sizeof(*op));
	return batch_call(b, SYS_semop, id, at, n);
}

static int answer(const struct task *t, struct question *q)
{
	int64_t ret = batch_ret(task_leader(t)->batch, q->call);

	/* A set that is gone, or that it may not change: there was nothing then, see undo.c. */
	if (ret != -ERANGE && ret != -EAGAIN && ret != -EACCES && ret != -EINVAL && ret != -EIDRM)
		return log_err(ret, "task %d: what it has to undo of semaphore set %d", t->pid,
			       q->set->id);
	q->yes = ret == -ERANGE;
	return 0;
}

static int ask(struct dump *d, struct task *t, struct question *q, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		int r = 0;

		inject_again(t);
		for (end = i; end < n; end++) {
			struct sembuf op[QUESTION_OPS];

			q[end].call =
				put_call(t, q[end].set->id, op, question_ops(op, &q[end]) - op);
			if (q[end].call < 0)
				break;
		}
		if (end == i)
			return log_err(-ENOBUFS, "task %d: semaphores", t->pid);
		r = run(d, t);
		for (size_t j = i; r == 0 && j < end; j++)
			r = answer(t, &q[j]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the search ---- */

/* Of every semaphore whether there is anything, then which sign it has. */
static int begin(struct dump *d, struct task *t, struct question **ret, size_t *ret_n)
{
	_cleanup_free_ struct question *q = NULL;
	size_t n = 0, all = 0;
	int r;

	for (unsigned int i = 0; i < undo_n_sets; i++)
		all += undo_sets[i].n;
	q = calloc(2 * all + 1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	for (unsigned int i = 0; i < undo_n_sets; i++)
		for (unsigned int num = 0; num < undo_sets[i].n; num++)
			for (int sign = -1; sign <= 1; sign += 2)
				q[n++] =
					(struct question){ .set = &undo_sets[i],
							   .num = num,
							   .sign = sign,
							   .by = sign > 0 ? HIGHEST : HIGHEST + 1 };
	r = ask(d, t, q, n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (q[i].yes) {
			q[*ret_n] = q[i];
			q[*ret_n].low = 1;
			q[(*ret_n)++].high = q[i].by;
		}
	*ret = TAKE_PTR(q);
	return 0;
}

/* The least number that is answered with yes. */
static int halve(struct dump *d, struct task *t, struct question *q, size_t n)
{
	/* Of 2^15 numbers. */
	for (int round = 0; round < 15; round++) {
		int r;

		for (size_t i = 0; i < n; i++)
			q[i].by = (q[i].low + q[i].high) / 2;
		r = ask(d, t, q, n);
		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++)
			if (q[i].yes)
				q[i].high = q[i].by;
			else
				q[i].low = MIN(q[i].by + 1, q[i].high);
	}
	return 0;
}

/* ids of sets come in no order. */
static int by_id(const void *a, const void *b)
{
	const struct undo *x = a, *y = b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (int)x->num - (int)y->num;
}

int undo_find(struct dump *d, struct task *t)
{
	_cleanup_free_ struct question *q = NULL;
	size_t n = 0;
	int r;

	if (!t->undoes)
		return 0;
	r = begin(d, t, &q, &n);
	if (r == 0)
		r = halve(d, t, q, n);
	if (r < 0)
		return r;
	t->undo = arena_array(&d->arena, struct undo, n + 1);
	if (!t->undo)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct undo_set *set = arena_new(&d->arena, struct undo_set);

		if (!set)
			return -ENOMEM;
		*set = *q[i].set;
		set->value = NULL;
		t->undo[i] = (struct undo){ .set = set,
					    .id = set->id,
					    .num = q[i].num,
					    .change = q[i].sign > 0 ? HIGHEST + 1 - q[i].high
								    : q[i].high - HIGHEST - 2 };
		r = undo_check_still(t, q[i].set);
		if (r < 0)
			return r;
	}
	t->n_undo = n;
	qsort(t->undo, n, sizeof(*t->undo), by_id);
	return 0;
}

int undo_dump(struct dump *d, const struct task *t, TaskCoreEntry *tc)
{
	tc->sem_undo = arena_array(&d->arena, SemUndoEntry *, t->n_undo + 1);
	if (!tc->sem_undo)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->n_undo; i++) {
		SemUndoEntry *e = arena_new(&d->arena, SemUndoEntry);

		if (!e)
			return -ENOMEM;
		sem_undo_entry__init(e);
		e->id = t->undo[i].id;
		e->key = t->undo[i].set->key;
		e->nsems = t->undo[i].set->n;
		e->num = t->undo[i].num;
		e->change = t->undo[i].change;
		tc->sem_undo[tc->n_sem_undo++] = e;
	}
	if (t->n_undo && !dump_ends_tree(d->opts))
		tc->has_sem_undo_twice = tc->sem_undo_twice = true;
	return 0;
}

/* ---- taken from the task ---- */

struct sembuf *undo_shift_ops(struct sembuf *op, unsigned short num, int value, int by)
{
	/* From any value there is room for half of the range on one side. */
	while (by) {
		int step = by > 0 ? MIN(by, HIGHEST / 2 + 1) : MAX(by, -(HIGHEST / 2 + 1));
		bool first = value - step >= 0 && value - step <= HIGHEST;

		/* What is done will be undone: the other way. */
		if (first)
			op = undo_add_op(op, num, -step, SEM_UNDO);
		op = undo_add_op(op, num, step, 0);
		if (!first)
			op = undo_add_op(op, num, -step, SEM_UNDO);
		by -= step;
	}
	return op;
}

/* By what another process does the value may change in between. */
static int shift(struct dump *d, struct task *t, const struct undo *u, int by)
{
	int64_t ret = -EAGAIN;
	int r;

	for (int i = 0; i < ATTEMPTS && (ret == -EAGAIN || ret == -ERANGE); i++) {
		int value = semctl(u->id, u->num, GETVAL), call;
		struct sembuf op[UNDO_SHIFT_OPS];

		if (value < 0)
			return -errno;
		inject_again(t);
		call = put_call(t, u->id, op, undo_shift_ops(op, u->num, value, by) - op);
		r = call < 0 ? call : run(d, t);
		if (r < 0)
			return r;
		ret = batch_ret(task_leader(t)->batch, call);
	}
	return ret;
}

int undo_take(struct dump *d, struct task *t)
{
	for (unsigned int i = 0; i < t->n_undo; i++) {
		struct undo *u = &t->undo[i];
		int r = shift(d, t, u, -u->change);

		if (r < 0)
			return log_err(
				r, "task %d: take what it has to undo of semaphore %u of set %d",
				t->pid, u->num, u->id);
		u->taken = true;
	}
	return 0;
}

void undo_give_back(struct dump *d, struct task *t)
{
	for (unsigned int i = 0; i < t->n_undo; i++) {
		struct undo *u = &t->undo[i];
		int r = u->taken ? shift(d, t, u, u->change) : 0;

		if (r < 0)
			log_err(r,
				"task %d: give back what it has to undo of semaphore %u of set %d",
				t->pid, u->num, u->id);
		u->taken = false;
	}
}
