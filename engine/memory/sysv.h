// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V shared memory. A segment belongs to the IPC namespace, not to the tasks that have it
 * attached: at restore it is there as a file is, with whatever is in it by then. One that has gone,
 * as one that was removed does with its last user, is made anew.
 */
#ifndef MEMORY_SYSV_H
#define MEMORY_SYSV_H

#include <sys/shm.h>

#include "dump.h"
#include "engine/kernel/maps.h"
#include "restore.h"

/* What is kept of a segment's mode: permissions, removed, locked. */
#define SYSV_MODES (0777 | SHM_DEST | SHM_LOCKED)

/* ---- dump ---- */

bool sysv_is_segment(const struct vm_area *a);
/* The id of the segment that is attached here; it and its content will be saved. */
int sysv_dump_area(struct dump *d, const struct task *t, const struct vm_area *a, uint64_t *id);
/* When all areas of all tasks are known: the image. */
int sysv_dump_end(struct dump *d);

/* ---- restore ---- */

/* Before any mm image: which segments there were. */
int sysv_plan(struct restore *r);
/* The one that a mapping is of. */
int sysv_check_area(struct restore *r, struct plan_vma *v, const char *image);

/* In main: all are there, and stay while it has them attached; undone if it comes to nothing. */
int sysv_prepare(struct restore *r);
void sysv_finish(struct restore *r, bool ok);

/* In a task: v and what else is left of the same attachment, in place if that is free for it. */
int sysv_attach(struct plan_memory *m, struct plan_vma *v, bool in_place);
/* As it is attached, before mprotect(2). */
int sysv_prot(const VmaEntry *e);

#endif
