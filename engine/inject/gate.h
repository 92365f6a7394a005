// SPDX-License-Identifier: GPL-2.0-only
/* Where the gate goes in a task, and gates that engines left there who were killed. */
#ifndef INJECT_GATE_H
#define INJECT_GATE_H

#include <stdint.h>

#include "engine/task/task.h"

/* GATE_SIZE_MAX bytes that nothing uses; their address. -ENOTSUP, logged, when the task has none. */
int gate_find_room(const struct task *t, uint64_t *ret);

/*
 * Before anything else. An engine that was killed has left its gate to the threads, who find their
 * way out when they run on. One that is stopped by job control has not run on yet: what it will get
 * back there counts as its registers and signal mask.
 */
void gate_leave_old(struct task *t);

#endif
