// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls made inside a held task, by the gate (parasite/arch/<cpu>/gate.S). The gate's 500
 * bytes go where the task's own text has room that nothing uses; results go to an area mapped for
 * the purpose. However the engine ends, the task gets back its registers, signal mask and memory.
 *
 * The order of a dump: gate_leave_old(), inject_map_begin() for every task, inject_map_end() for
 * every task (so that their stops happen side by side), batch_call()s, inject_run_begin() and _end(),
 * then inject_cure() for a task that is to live on.
 */
#ifndef INJECT_INJECT_H
#define INJECT_INJECT_H

#include <stdint.h>
#include <sys/uio.h>

#include "batch.h"
#include "engine/task/task.h"

/* Room for results in the leader's slice besides what every thread has. */
int inject_map_begin(struct task *t, size_t extra);
int inject_map_end(struct task *t, unsigned int timeout_ms);

/* A page of the area that nothing has been written to or read from: after inject_map_end(). */
uint64_t inject_untouched_page(const struct task *t);

/* Makes the calls queued for all threads of the task. */
int inject_run_begin(struct task *t);
int inject_run_end(struct task *t, unsigned int timeout_ms);

/* Empties the lists of all threads, for another round. */
void inject_again(struct task *t);

/* Takes everything out again, at whatever point: afterwards the threads stand as they were frozen. */
int inject_cure(struct task *t, unsigned int timeout_ms);

/*
 * Memory read from the task while the gate is in it: puts the bytes back that the gate covers.
 * `to` holds what the n ranges of `from` (addresses in the task) have.
 */
void inject_hide_gate(const struct task *t, char *to, const struct iovec *from, unsigned int n);

void inject_free(struct task *t);

#endif
