// SPDX-License-Identifier: GPL-2.0-only
#include "policy.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "restore.h"

#define MODE_BITS 0xffff /* a mode and its flags */

/* What the kernel made is as it makes it. */
static bool can_have(const struct task *t, const struct vm_area *a, enum kind *kind)
{
	return area_kind(t, a, kind) == 0 && (*kind == KIND_ANON || *kind == KIND_FILE ||
					      *kind == KIND_MEMFD || *kind == KIND_SYSV);
}

size_t policy_room(const struct task *t)
{
	return t->map.n * (sizeof(struct gate_op) + BATCH_OUT_ALIGN);
}

int policy_ask(const struct task *t, struct batch *b, int *first)
{
	enum kind kind;
	int call = 0;

	*first = -1;
	for (unsigned int i = 0; call >= 0 && i < t->map.n; i++) {
		const struct vm_area *a = &t->map.area[i];

		if (!can_have(t, a, &kind))
			continue;
		call = batch_call(b, SYS_get_mempolicy, batch_out(b, sizeof(int)), 0, 0, a->start,
				  MPOL_F_ADDR);
		if (*first < 0)
			*first = call;
	}
	return call;
}

int policy_answer(struct task *t, struct batch *b, int first)
{
	enum kind kind;
	int call = first;

	for (unsigned int i = 0; i < t->map.n; i++) {
		const struct vm_area *a = &t->map.area[i];
		struct vm_policy *p;
		int64_t ret;
		int mode;

		if (!can_have(t, a, &kind))
			continue;
		ret = batch_ret(b, call);
		if (ret == -ENOSYS) /* without CONFIG_NUMA */
			return 0;
		if (ret < 0)
			return log_err(ret, "task %d: mapping %jx-%jx (%s): its memory policy",
				       t->pid, (uintmax_t)a->start, (uintmax_t)a->end,
				       area_name(a));
		mode = *(int *)batch_at(b, batch_arg(b, call++, 0));
		if (mode == MPOL_DEFAULT)
			continue;
		/* It is in the file, range by range: get_policy of mm/shmem.c. */
		if (kind == KIND_MEMFD || kind == KIND_SYSV)
			return log_refuse(
				"task %d: mapping %jx-%jx (%s): a memory policy of the file, which "
				"is told at its begin alone: not supported yet",
				t->pid, (uintmax_t)a->start, (uintmax_t)a->end, area_name(a));
		p = reallocarray(t->policy, t->n_policies + 1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		t->policy = p;
		p[t->n_policies++] = (struct vm_policy){ .area = i, .mode = mode };
	}
	return 0;
}

void policy_ask_nodes(const struct task *t, struct batch *b, int *first)
{
	*first = b->n_ops;
	for (unsigned int i = t->policies_asked; i < t->n_policies; i++) {
		uint64_t to = batch_out(b, POLICY_NODES);

		/* The kernel counts the nodes of a mask one more than there are bits. */
		if (!to || batch_call(b, SYS_get_mempolicy, 0, to, 8 * POLICY_NODES + 1,
				      t->map.area[t->policy[i].area].start, MPOL_F_ADDR) < 0)
			return;
	}
}

int policy_answer_nodes(struct task *t, struct batch *b, int first)
{
	for (unsigned int call = first; call < b->n_ops; call++) {
		int64_t ret = batch_ret(b, call);

		if (ret < 0)
			return log_err(ret, "task %d: nodes of a memory policy", t->pid);
		memcpy(t->policy[t->policies_asked++].nodes, batch_at(b, batch_arg(b, call, 1)),
		       POLICY_NODES);
	}
	return 0;
}

static int by_area(const void *key, const void *of)
{
	unsigned int a = *(const unsigned int *)key, b = ((const struct vm_policy *)of)->area;

	return (a > b) - (a < b);
}

void policy_dump(const struct task *t, unsigned int area, VmaEntry *e)
{
	struct vm_policy *p = NULL;

	if (t->n_policies)
		p = bsearch(&area, t->policy, t->n_policies, sizeof(*p), by_area);
	if (!p)
		return;
	e->has_mempolicy_mode = e->has_mempolicy_nodes = true;
	e->mempolicy_mode = p->mode;
	e->mempolicy_nodes.data = p->nodes;
	e->mempolicy_nodes.len = POLICY_NODES;
}

int policy_check(const VmaEntry *e, const char *image)
{
	if (e->mempolicy_mode > MODE_BITS || e->mempolicy_nodes.len > POLICY_NODES ||
	    e->mempolicy_nodes.len % sizeof(long))
		return log_bad_image("%s: mapping %#jx: memory policy %#x of %zu bytes of nodes",
				     image, (uintmax_t)e->start, e->mempolicy_mode,
				     e->mempolicy_nodes.len);
	return 0;
}

/* What it has in already came by the policy of the engine. */
int policy_restore(const struct plan_vma *v)
{
	const VmaEntry *e = v->e;

	if (!e->has_mempolicy_mode)
		return 0;
	if (syscall(SYS_mbind, v->at, vma_size(v), e->mempolicy_mode, e->mempolicy_nodes.data,
		    8 * e->mempolicy_nodes.len + 1, MPOL_MF_MOVE) < 0)
		return log_err(-errno, "mapping %#jx: memory policy %#x", (uintmax_t)e->start,
			       e->mempolicy_mode);
	return 0;
}
