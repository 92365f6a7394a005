// SPDX-License-Identifier: GPL-2.0-only
/* What only the task itself can tell: asked through the gate, in one go for all its threads. */
#ifndef TASK_ASK_H
#define TASK_ASK_H

#include "task.h"

/* Reads the list of timers; returns the room the leader's slice needs for them, or -errno. */
long task_ask_extra(struct task *t);
/* Queues every question. */
int task_ask(struct task *t);
/* Afterwards: is this the ring of a context of native AIO of the task's own? */
bool task_has_aio(const struct task *t, uint64_t ring);
/* Takes the answers out of the area. */
int task_answer(struct task *t);
/* And what was too much for one round, or is asked because of an answer: as often as there is more. */
int task_ask_more(struct task *t, unsigned int timeout_ms);

#endif
