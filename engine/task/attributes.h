// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of prctl(2) and its like: one call reads, one sets. Those that differ from what a new
 * task has go into the image as the call that sets them.
 */
#ifndef TASK_ATTRIBUTES_H
#define TASK_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/inject/inject.h"
#include "engine/restore/program.h"
#include "proto/core.pb-c.h"

/* Queues the questions, and takes the answers, of one thread. */
int attributes_ask(struct batch *b, bool leader, int index[MAX_ATTRIBUTES]);
void attributes_answer(const struct task *t, struct batch *b, const int index[MAX_ATTRIBUTES],
		       struct thread *th);

/* -ENOTSUP (logged) for one that cannot be set again. */
int attributes_dump(const struct task *t, const struct thread *th, struct arena *a,
		    ThreadCoreEntry *core);

/*
 * One of them, of the calling thread: read, and set. -errno, as the kernel says it. name: as messages
 * have it, "futex hash".
 */
int64_t attribute_read_own(const char *name);
int attribute_set_own(const char *name, int64_t v);

/* What an image has of one; false: what a new task has. */
bool attribute_saved(const ThreadCoreEntry *core, const char *name, int64_t *v);

int attributes_check(const ThreadCoreEntry *core, const char *image);
int attributes_restore(struct program *p, const ThreadCoreEntry *core);

#endif
