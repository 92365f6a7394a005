// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls that one thread is to make, and their results: the list grows from the begin of
 * its slice of the area, the results from the end.
 */
#ifndef INJECT_BATCH_H
#define INJECT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch {
	uint64_t base; /* its slice of the area, in the task */
	char *mem;     /* the same bytes here: current after inject_run_end() */
	size_t size;
	size_t ops, outs; /* end of the list, begin of the results */
	unsigned int n_ops;
	bool runs; /* its thread, which has not been seen behind the gate yet */
	bool lost; /* and was waited for in vain */
};

/* Forgets all calls. The first `reserved` bytes of the slice are somebody else's. */
void batch_empty(struct batch *b, size_t reserved);

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
