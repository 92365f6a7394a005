// SPDX-License-Identifier: GPL-2.0-only
/* The threads of one task, brought to a stand. */
#ifndef TASK_STOP_H
#define TASK_STOP_H

#include "task.h"

/*
 * Reaches for one more thread, whose stop is waited for later, so that all stop side by side. 1, or
 * 0: it has ended.
 */
int stop_begin(struct task *t, pid_t tid);

/* Stops every thread of a task, those included that appear while we do; forgets those that end. */
int stop_all(struct tree *tree, struct task *t);

#endif
