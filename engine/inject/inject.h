// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls made inside a held task, by the gate (parasite/arch/<cpu>/gate.S). The gate's 500
 * bytes go where the task's own text has room that nothing uses; results go to an area mapped for
 * the purpose. However the engine ends, the task gets back its registers, signal mask and memory.
 *
 * The order of a dump: inject_map_begin() for every task, inject_map_end() for every task (so that
 * their stops happen side by side), batch_call()s, inject_run_begin() and _end(), then inject_cure()
 * for a task that is to live on.
 */
#ifndef INJECT_INJECT_H
#define INJECT_INJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "engine/task/task.h"

/*
 * Before anything else. An engine that was killed has left its gate to the threads, who find their
 * way out when they run on. One that is stopped by job control has not run on yet: what it will get
 * back there counts as its registers and signal mask.
 */
void inject_leave_old(struct task *t);

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

/* ---- the calls of one thread ---- */

struct batch {
	uint64_t base; /* its slice of the area, in the task */
	char *mem;     /* the same bytes here: current after inject_run_end() */
	size_t size;
	size_t ops, outs; /* end of the list, begin of the results */
	unsigned int n_ops;
	bool runs; /* its thread, which has not been seen behind the gate yet */
};

#define BATCH_OUT_ALIGN 16UL
/* Room for n bytes of result, rounded up to that; its address in the task. 0: the slice is full. */
uint64_t batch_out(struct batch *b, size_t n);
/* The same bytes here. */
void *batch_at(struct batch *b, uint64_t addr);

/* Queues a call; returns its index, or -ENOBUFS. */
int batch_add(struct batch *b, long nr, const uint64_t arg[6]);
#define batch_call(b, nr, ...) batch_add(b, nr, (const uint64_t[6]){ __VA_ARGS__ })
/* What the call just queued returns becomes argument i of the n-th call to be queued from now on. */
int batch_pass(struct batch *b, unsigned int n, int i);
/* Argument i of a queued call. */
uint64_t batch_arg(struct batch *b, int index, int i);
/* What the call returned: a raw system call, so errors are -errno. */
int64_t batch_ret(struct batch *b, int index);

#endif
