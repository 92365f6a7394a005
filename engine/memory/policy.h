// SPDX-License-Identifier: GPL-2.0-only
/*
 * From which nodes the pages of a mapping are to come: mbind(2). Nobody but the task itself can ask:
 * numa_maps tells what becomes of a mapping's policy and the thread's.
 */
#ifndef MEMORY_POLICY_H
#define MEMORY_POLICY_H

#include "engine/dump.h"
#include "engine/inject/inject.h"
#include "engine/restore.h"
#include "proto/mm.pb-c.h"

struct plan_vma;

#define POLICY_NODES 128 /* bytes: more nodes than a kernel can be built for */

struct vm_policy {
	unsigned int area; /* index in the task's map */
	int mode;
	uint8_t nodes[POLICY_NODES];
};

/* Which mappings have one, in the gate. */
size_t policy_room(const struct task *t);
int policy_ask(const struct task *t, struct batch *b, int *first);
/* Refuses one that is not the mapping's alone. */
int policy_answer(struct task *t, struct batch *b, int first);
/*
 * And the nodes of those, in the gate again: of as many as there is room for, until none are left to
 * ask about.
 */
void policy_ask_nodes(const struct task *t, struct batch *b, int *first);
int policy_answer_nodes(struct task *t, struct batch *b, int first);

void policy_dump(const struct task *t, unsigned int area, VmaEntry *e);

int policy_check(const VmaEntry *e, const char *image);
int policy_restore(const struct plan_vma *v);

#endif
