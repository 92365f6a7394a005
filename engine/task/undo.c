// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a task has done to System V semaphores and the kernel will undo when it ends (SEM_UNDO).
 * Nobody is told of it. But operations on semaphores are done all or none, ERANGE is the answer
 * when what is to be undone would leave its range, and that is asked of each operation before the
 * next one is tried: a task that makes some of which the last cannot succeed learns what it has,
 * and changes nothing. This is how those are found who have any; undo_find.c finds out which.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "undo.h"

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20 /* since 4.17 */
#endif

#define HIGHEST UNDO_HIGHEST
#define OPS     7 /* for each semaphore */

struct undo_set *undo_sets;
unsigned int undo_n_sets;
static unsigned int per_call;

static int add_set(int id, const struct semid_ds *ds)
{
	struct undo_set *s = &undo_sets[undo_n_sets];

	*s = (struct undo_set){ .id = id,
				.key = ds->sem_perm.__key,
				.n = ds->sem_nsems,
				.value = calloc(ds->sem_nsems + 1, sizeof(*s->value)) };
	if (!s->value)
		return -ENOMEM;
	/* It may have gone just now: then it is no longer anybody's. */
	if (semctl(id, 0, GETALL, (union semun){ .array = s->value }) < 0)
		free(s->value);
	else
		undo_n_sets++;
	return 0;
}

static int find_sets(void)
{
	struct seminfo info;
	int highest = semctl(0, 0, SEM_INFO, (union semun){ .info = &info }), r = 0;

	if (highest < 0)
		return errno == ENOSYS ? 0 : log_err(-errno, "sets of semaphores");
	if (info.semusz == 0)
		return 0;
	per_call = MIN(info.semopm, 500) / (OPS + 1);
	if (!per_call)
		return log_refuse("kernel.sem lets nobody find out what semaphores are to be "
				  "undone: it takes %d operations, now it is %d",
				  OPS + 1, info.semopm);
	undo_sets = calloc(highest + 1, sizeof(*undo_sets));
	if (!undo_sets)
		return -ENOMEM;
	for (int i = 0; r == 0 && i <= highest; i++) {
		struct semid_ds ds;
		int id = semctl(i, 0, SEM_STAT_ANY, (union semun){ .ds = &ds });

		if (id < 0 && errno == EINVAL)
			id = semctl(i, 0, SEM_STAT, (union semun){ .ds = &ds });
		if (id >= 0)
			r = add_set(id, &ds);
	}
	return r;
}

pid_t undo_none(void)
{
	return unshare(CLONE_SYSVSEM) < 0 ? -errno : getpid();
}

int undo_look(struct tree *tree)
{
	int r = find_sets();
	pid_t none;

	if (r < 0 || !undo_n_sets)
		return r;
	none = undo_none();
	if (none < 0)
		return log_err(none, "semaphores to undo");
	for_each_task(t, tree) {
		if (t->zombie)
			continue;
		/* Two that have no list compare as equal. */
		t->may_undo = sys_kcmp(none, t->pid, KCMP_WHAT_SYSVSEM) != 0;
		for (unsigned int i = 1; i < t->n_threads; i++) {
			r = sys_kcmp(t->pid, t->thread[i].tid, KCMP_WHAT_SYSVSEM);
			if (r < 0)
				return log_err(r, "task %d: compare with thread %d", t->pid,
					       t->thread[i].tid);
			if (r > 0)
				return log_refuse("task %d: thread %d has semaphores to undo of "
						  "its own: not supported yet",
						  t->pid, t->thread[i].tid);
		}
	}
	return 0;
}

static unsigned int calls(const struct undo_set *s)
{
	return (s->n + per_call - 1) / per_call;
}

size_t undo_room(const struct task *t)
{
	size_t size = 0;

	for (unsigned int i = 0; t->may_undo && i < undo_n_sets; i++)
		size += calls(&undo_sets[i]) * (sizeof(struct gate_op) + 64) +
			(undo_sets[i].n * OPS + calls(&undo_sets[i])) * sizeof(struct sembuf);
	return size;
}

struct sembuf *undo_add_op(struct sembuf *op, unsigned short num, int change, short flags)
{
	if (change)
		*op++ = (struct sembuf){ num, change, flags | IPC_NOWAIT };
	return op;
}

/* ERANGE if anything is to be undone; from this value, over 0 and the highest, to 1. */
static struct sembuf *add_ops(struct sembuf *op, unsigned short num, int value)
{
	op = undo_add_op(op, num, HIGHEST - value, 0);
	op = undo_add_op(op, num, -HIGHEST, SEM_UNDO); /* if something is to be added */
	op = undo_add_op(op, num, HIGHEST, SEM_UNDO);
	op = undo_add_op(op, num, -HIGHEST, 0);
	op = undo_add_op(op, num, HIGHEST, SEM_UNDO); /* if more than one is to be taken away */
	op = undo_add_op(op, num, -HIGHEST, 0);
	return undo_add_op(op, num, 1, SEM_UNDO); /* if one is */
}

int undo_ask(const struct task *t, struct batch *b, int *first)
{
	*first = -1;
	for (unsigned int i = 0; t->may_undo && i < undo_n_sets; i++)
		for (unsigned int from = 0; from < undo_sets[i].n; from += per_call) {
			unsigned int end = MIN(from + per_call, undo_sets[i].n);
			uint64_t at =
				batch_out(b, ((end - from) * OPS + 1) * sizeof(struct sembuf));
			struct sembuf *begin, *op;
			int call;

			if (!at)
				return -ENOBUFS;
			op = begin = batch_at(b, at);
			for (unsigned int s = from; s < end; s++)
				op = add_ops(op, s, undo_sets[i].value[s]);
			/* What never succeeds: it is 1 by now. */
			*op++ = (struct sembuf){ end - 1, 0, IPC_NOWAIT };
			call = batch_call(b, SYS_semop, undo_sets[i].id, at, op - begin);
			if (call < 0)
				return call;
			if (*first < 0)
				*first = call;
		}
	return 0;
}

int undo_check_still(const struct task *t, const struct undo_set *s)
{
	_cleanup_free_ unsigned short *now = calloc(s->n + 1, sizeof(*now));

	if (!now)
		return -ENOMEM;
	if (semctl(s->id, 0, GETALL, (union semun){ .array = now }) < 0)
		return 0;
	for (unsigned int i = 0; i < s->n; i++)
		if (now[i] != s->value[i])
			return log_refuse("task %d: semaphores of set %d change, so that what is "
					  "to be undone cannot be found out",
					  t->pid, s->id);
	return 0;
}

int undo_answer(struct task *t, struct batch *b, int first)
{
	int r = 0;

	for (unsigned int i = 0; t->may_undo && i < undo_n_sets && r == 0; i++) {
		for (unsigned int n = calls(&undo_sets[i]); n > 0; n--) {
			int64_t ret = batch_ret(b, first++);

			t->undoes |= ret == -ERANGE;
			/* Who may not change it now will have had no way to before; or it is gone. */
			if (ret != -ERANGE && ret != -EAGAIN && ret != -EACCES && ret != -EINVAL &&
			    ret != -EIDRM)
				return log_err(ret,
					       "task %d: what it has to undo of semaphore set %d",
					       t->pid, undo_sets[i].id);
		}
		r = undo_check_still(t, &undo_sets[i]);
	}
	return r;
}

void undo_end(void)
{
	for (unsigned int i = 0; i < undo_n_sets; i++)
		free(undo_sets[i].value);
	free(undo_sets);
	undo_sets = NULL;
	undo_n_sets = 0;
}
