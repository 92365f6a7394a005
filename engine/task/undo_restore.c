// SPDX-License-Identifier: GPL-2.0-only
/*
 * Semaphores to undo at the end of a task. They are as the dumped task has left them, which took no
 * part of it back: only who is to do it is new. If the dumped task has lived on, it has undone it
 * itself or will, and the restored one does again what it had done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "undo.h"

#define ATTEMPTS 100

/* In memory that the guard sees. */
struct restore_undo {
	unsigned int done; /* so many of the entries */
};

int undo_check(const TaskCoreEntry *tc, const char *image)
{
	for (size_t i = 0; i < tc->n_sem_undo; i++) {
		const SemUndoEntry *e = tc->sem_undo[i], *before = i ? tc->sem_undo[i - 1] : NULL;

		if (e->id > INT32_MAX || e->num >= e->nsems || e->nsems > UINT16_MAX + 1U ||
		    !e->change || e->change > UNDO_HIGHEST || e->change < -UNDO_HIGHEST - 1)
			return log_bad_image(
				"%s: semaphore %u of %u of set %u, to be changed by %d", image,
				e->num, e->nsems, e->id, e->change);
		if (before &&
		    (before->id > e->id || (before->id == e->id && before->num >= e->num)))
			return log_bad_image("%s: semaphore %u of set %u comes out of order", image,
					     e->num, e->id);
	}
	return 0;
}

static int check_set(const struct restore_task *t, const SemUndoEntry *e)
{
	struct semid_ds ds;

	if (semctl((int)e->id, 0, IPC_STAT, (union semun){ .ds = &ds }) < 0)
		return log_err(-errno,
			       "task %d: semaphore set %u, of which it has some to undo (SEM_UNDO)",
			       t->pid, e->id);
	if (ds.sem_perm.__key != (key_t)e->key || ds.sem_nsems != e->nsems)
		return log_refuse("task %d has semaphores of set %u to undo (SEM_UNDO), which is "
				  "another one by now",
				  t->pid, e->id);
	return 0;
}

int undo_prepare(struct restore *r)
{
	for_each_restore_task(t, r) {
		const TaskCoreEntry *tc = restore_task_core(t);

		if (t->zombie || !tc->n_sem_undo)
			continue;
		t->undo = arena_new(&r->arena, struct restore_undo);
		if (!t->undo)
			return -ENOMEM;
		for (size_t i = 0; i < tc->n_sem_undo; i++) {
			int ret = check_set(t, tc->sem_undo[i]);

			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

static int redo(struct restore_task *t, const SemUndoEntry *e, bool twice, undo_semop *semop)
{
	int r = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && (r == -EAGAIN || r == -ERANGE); i++) {
		struct sembuf op[UNDO_SHIFT_OPS], *end;
		int value = semctl((int)e->id, (int)e->num, GETVAL);

		if (value < 0)
			return -errno;
		if (twice) {
			end = undo_add_op(op, e->num, MIN(-e->change, UNDO_HIGHEST), SEM_UNDO);
			end = undo_add_op(end, e->num, -e->change - (end - 1)->sem_op, SEM_UNDO);
		} else {
			end = undo_shift_ops(op, e->num, value, e->change);
		}
		r = semop(t, (int)e->id, op, end - op);
	}
	return r;
}

int undo_restore(struct restore_task *t, undo_semop *semop)
{
	const TaskCoreEntry *tc = restore_task_core(t);

	for (size_t i = 0; i < tc->n_sem_undo; i++) {
		const SemUndoEntry *e = tc->sem_undo[i];
		int r = redo(t, e, tc->sem_undo_twice, semop);

		if (r < 0)
			return log_err(
				r,
				"task %d: semaphore %u of set %u, to be changed by %d when it "
				"ends",
				t->pid, e->num, e->id, e->change);
		t->undo->done++;
	}
	return 0;
}

void undo_fail(struct restore *r)
{
	for_each_restore_task(t, r) {
		const TaskCoreEntry *tc = t->undo ? restore_task_core(t) : NULL;

		if (!tc || tc->sem_undo_twice)
			continue;
		for (; t->undo->done; t->undo->done--) {
			const SemUndoEntry *e = tc->sem_undo[t->undo->done - 1];
			struct sembuf op[UNDO_SHIFT_OPS], *end;

			end = undo_add_op(op, e->num, MIN(-e->change, UNDO_HIGHEST), 0);
			end = undo_add_op(end, e->num, -e->change - (end - 1)->sem_op, 0);
			if (semop((int)e->id, op, end - op) < 0)
				log_warn("semaphore %u of set %u cannot be put back: %s", e->num,
					 e->id, strerror(errno));
		}
	}
}
