// SPDX-License-Identifier: GPL-2.0-only
/* The memory of a task, as the task itself rebuilds it. */
#ifndef MEMORY_MEMORY_TASK_H
#define MEMORY_MEMORY_TASK_H

#include "engine/restore.h"
#include "engine/restore/program.h"

/* Maps everything and fills it in. Children that inherit from it are forked after this. */
int memory_map(struct restore *r, struct restore_task *t);

/* When the children are forked: advice, protections, locks, guard pages. */
int memory_finish(struct restore *r, struct restore_task *t);

/*
 * Maps `size` bytes where neither the task will have something nor anybody has now; as mmap(2).
 * align_like: an address whose place within a big page it should share.
 */
void *memory_find_room(const struct plan_memory *m, uint64_t size, int prot, int flags, int fd,
		       uint64_t pos, uint64_t align_like);

/* Bytes of the memory to be, before the restorer runs. false: there is nothing. */
bool memory_peek(const struct restore_task *t, uint64_t addr, void *to, size_t n);

/*
 * Writes the steps that leave nothing but the task's own mappings and the area (which has room to
 * park the vdso at `park`).
 */
int memory_program(struct restore *r, struct restore_task *t, struct program *p, uint64_t park);
/* How many steps that can take. */
unsigned int memory_program_steps(const struct restore_task *t);

/* Room the vdso and what belongs to it needs to be parked in. */
#define VDSO_PARK (64UL << 10)

/* Main, before the first fork: finds out where our own vdso is. */
int memory_find_vdso(void);

/* The steps that set the positions of program, data, heap, stack, arguments; exe_fd is closed. */
int memory_program_mm(struct restore_task *t, struct program *p, int exe_fd);

#endif
