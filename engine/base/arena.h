// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is given out piece by piece and returned all at once. A restore keeps its whole plan
 * in one: the pages are shared between the processes it forks, so that forking a thousand tasks
 * does not copy the page tables of a plan each of them reads a thousandth of.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	bool shared; /* chunks are MAP_SHARED */
	struct arena_chunk *chunks;
	size_t used, size; /* of the newest chunk */
};

void arena_init(struct arena *a, bool shared);
void arena_done(struct arena *a);

/* The first memory of an empty one is there now, not at a time when a page fault matters. 0 or -ENOMEM. */
int arena_reserve(struct arena *a);

/* Zeroed memory, aligned to 16 bytes; NULL when there is none left. */
void *arena_alloc(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *s);

#define arena_new(a, type)          ((type *)arena_alloc(a, sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc(a, sizeof(type) * (count)))

#endif
