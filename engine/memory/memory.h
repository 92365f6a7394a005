// SPDX-License-Identifier: GPL-2.0-only
/* Address spaces: mappings, private pages, shared anonymous segments. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include "engine/dump.h"
#include "engine/kernel/pagemap.h"
#include "engine/restore.h"

/* ---- dump ---- */

/*
 * While the tree still runs: finds room for the pages of its big tasks, which is half the work of
 * writing them. That there is none is no failure yet: what will be needed is only known later.
 */
int memory_reserve(struct dump *d);

/*
 * Reads the mappings of a task and finds its private pages, before the gate adds some of its own.
 * Refuses by name what cannot be saved.
 */
int memory_look(struct dump *d, struct task *t);

/* Writes the mm image; the files that are mapped get entries of their own. */
int memory_dump_mm(struct dump *d, struct task *t);

/* Writes the pages of all tasks and segments, on all CPUs. */
int memory_dump_pages(struct dump *d);

void memory_dump_free(struct dump *d);

/* ---- restore ---- */

/* Reads and checks the mm and pagemap images of all tasks, and those of shared segments. */
int memory_plan(struct restore *r);

/* In main: makes the shared segments and fills them. */
int memory_prepare(struct restore *r);

#endif
