// SPDX-License-Identifier: GPL-2.0-only
/* What the files about semaphores to undo share. */
#ifndef TASK_UNDO_H
#define TASK_UNDO_H

#include <sys/ipc.h>
#include <sys/sem.h>

#include "parts.h"

#define UNDO_HIGHEST                                                                               \
	32767 /* SEMVMX of a semaphore; what is to be undone is down to one less, negated */

union semun {
	int val;
	struct semid_ds *ds;
	unsigned short *array;
	struct seminfo *info;
};

/* The semaphore sets there are, as their values were before anybody was asked. */
struct undo_set {
	int id;
	key_t key;
	unsigned int n;
	unsigned short *value;
};
extern struct undo_set *undo_sets;
extern unsigned int undo_n_sets;

/* Has it stood still while task t was asked? */
int undo_check_still(const struct task *t, const struct undo_set *s);

/* Adds an operation; a change of 0 would be another thing: to wait for that. */
struct sembuf *undo_add_op(struct sembuf *op, unsigned short num, int change, short flags);

/*
 * Operations that change what is to be undone by `by`, and the semaphore, which now is `value`, not
 * at all. Returns their end.
 */
#define UNDO_SHIFT_OPS 8
struct sembuf *undo_shift_ops(struct sembuf *op, unsigned short num, int value, int by);

#endif
