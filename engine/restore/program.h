// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a restored task still has to do when its old memory is gone is written down beforehand, as
 * a list of system calls with their arguments, which the restorer (parasite/restorer.c) works
 * through. Adding a step is adding a line where the thing is known; the restorer does not change.
 *
 * Programs, and all that their arguments point to, lie in the area the restorer runs in, at their
 * final addresses.
 */
#ifndef RESTORE_PROGRAM_H
#define RESTORE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "parasite/restorer.h"

/* Memory that the programs of a task take from. */
struct program_area {
	char *base;
	size_t used, size;
};

/* The list of one thread. */
struct program {
	struct program_area *area;
	struct step *step;
	unsigned int n, cap;
	int err; /* the first failure to add: checked once, at the end */
};

/* Room for a list of at most cap steps. */
void program_begin(struct program *p, struct program_area *area, unsigned int cap);

/* Bytes of the area, aligned to 16 and zeroed, or a copy of data. NULL (and p->err) when it is full. */
void *program_data(struct program *p, size_t n);
void *program_copy(struct program *p, const void *data, size_t n);

/*
 * Adds a step. `what` must be a literal: it is what a failure is reported with, by main, when the
 * task's own copy of it is gone.
 */
void program_add(struct program *p, const char *what, enum step_kind kind, long nr,
		 const uint64_t arg[6]);

/* Adds a system call that must succeed. */
#define program_call(p, what, nr, ...)                                                             \
	program_add(p, what, STEP_CALL, nr, (const uint64_t[6]){ __VA_ARGS__ })

#endif
