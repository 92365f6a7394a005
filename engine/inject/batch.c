// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "batch.h"
#include "engine/base/cleanup.h"
#include "parasite/gate.h"

void batch_empty(struct batch *b, size_t reserved)
{
	b->ops = reserved;
	b->outs = b->size;
	b->n_ops = 0;
}

uint64_t batch_out(struct batch *b, size_t n)
{
	n = ALIGN_UP(n, BATCH_OUT_ALIGN);
	if (b->outs < n || b->outs - n < b->ops + 2 * sizeof(struct gate_op))
		return 0;
	b->outs -= n;
	return b->base + b->outs;
}

void *batch_at(struct batch *b, uint64_t addr)
{
	return b->mem + (addr - b->base);
}

int batch_add(struct batch *b, long nr, const uint64_t arg[6])
{
	struct gate_op *op = (void *)(b->mem + b->ops);

	/* One more for the end of the list. */
	if (b->outs < b->ops + 2 * sizeof(*op))
		return -ENOBUFS;
	*op = (struct gate_op){ .nr = nr };
	memcpy(op->arg, arg, sizeof(op->arg));
	b->ops += sizeof(*op);
	op[1].nr = GATE_END;
	return b->n_ops++;
}

int batch_pass(struct batch *b, unsigned int n, int i)
{
	uint64_t to = b->base + b->ops + n * sizeof(struct gate_op) +
		      offsetof(struct gate_op, arg) + i * sizeof(uint64_t);

	return batch_call(b, GATE_STORE, to);
}

static struct gate_op *op_at(struct batch *b, int index)
{
	struct gate_op *end = (void *)(b->mem + b->ops);

	return end + index - (int)b->n_ops;
}

uint64_t batch_arg(struct batch *b, int index, int i)
{
	return op_at(b, index)->arg[i];
}

int64_t batch_ret(struct batch *b, int index)
{
	return op_at(b, index)->ret;
}
