// SPDX-License-Identifier: GPL-2.0-only
/* Address spaces: mappings, private pages, shared anonymous segments. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include <sys/stat.h>

#include "engine/dump.h"
#include "engine/kernel/pagemap.h"
#include "engine/restore.h"
#include "proto/memfd.pb-c.h"

struct ahead;

/* ---- dump ---- */

/*
 * While the tree still runs: finds room for the pages of its big tasks, which is half the work of
 * writing them. That there is none is no failure yet: what will be needed is only known later.
 */
int memory_reserve(struct dump *d, const struct ahead *tree);

/*
 * Reads the mappings of all tasks and finds their private pages, before the gate adds some of its own.
 * Refuses by name what cannot be saved. Begun, it goes on while the caller does something else, and
 * must be ended before the tasks are let go.
 */
int memory_look_begin(struct dump *d);
int memory_look_end(struct dump *d);

/* Writes the mm image; the files that are mapped get entries of their own. */
int memory_dump_mm(struct dump *d, struct task *t);
/* Before it: the files of the mappings, of which the task itself is asked nothing. */
int memory_dump_files(struct dump *d, struct task *t);

/*
 * Shared memory that a file is open for or that a task has mapped: its pages will be saved, once,
 * through `fd` (borrowed, readable). id is that of its pagemap image.
 */
int memory_dump_segment(struct dump *d, const struct stat *st, int fd, uint64_t *id);

/* What the mappings of all tasks have in common, when all mm images are written. */
int memory_dump_end(struct dump *d);

/*
 * Writes the pages of all tasks and segments, on all CPUs. From the first on, other threads read the
 * memory of the tasks; the last adds this one, and takes the segments that were found meanwhile. Or it
 * is given up: then nobody reads any more.
 */
int memory_pages_begin(struct dump *d);
int memory_pages_end(struct dump *d);
void memory_pages_give_up(struct dump *d);

/* Kills all tasks, and helps them to end. */
void memory_end(struct dump *d);

/* Does this kernel have a word for mlock2(MLOCK_ONFAULT)? */
bool memory_tells_on_fault(void);

void memory_dump_free(struct dump *d);

/* ---- restore ---- */

/* Reads and checks the mm and pagemap images of all tasks, and those of shared segments. */
int memory_plan(struct restore *r);

/*
 * Shared memory with this number in the images, at least `size` bytes of it; its pagemap is read
 * when it is met first. With a memfd's entry, which lives as long as the plan, it will be one.
 */
int memory_segment(struct restore *r, uint64_t id, uint64_t size, const MemfdInodeEntry *memfd,
		   struct plan_segment **ret);

/* In main: makes the shared segments and fills them. */
int memory_prepare(struct restore *r);
/* Its descriptor in main, open for reading and writing. */
int memory_segment_fd(const struct plan_segment *s);

/*
 * In main: lets go of what it held for the tasks. What outlives them and was made goes again, unless
 * all is well.
 */
void memory_done(struct restore *r, bool ok);

/* In main, when every task has mapped what it has: seals forbid that. */
int memory_seal(struct restore *r);

#endif
