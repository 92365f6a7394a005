// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room for pages in files of tmpfs, where it consists of pages of memory: to allocate those takes
 * longer than to copy something into them.
 */
#ifndef MEMORY_ROOM_H
#define MEMORY_ROOM_H

#include <stdbool.h>
#include <stdint.h>

/* What is made, and written, by one CPU at a time: a huge page where there is one. */
#define ROOM_PART (2UL << 20)

struct room {
	int fd; /* borrowed */
	uint64_t size;
	/* The file, of which what is below `low` or from `high` on can be written to in memory. */
	char *map;
	uint64_t low, high;

	/* While it is being made. */
	uint64_t bottom, top; /* what lies between is nobody's yet */
	uint64_t bad;         /* some below this is missing, whoever's it was */
	bool filling, helped, watched, failed;
	int uffd;
};

/* Elsewhere there is nothing to be gained. */
bool room_is_memory(int fd);

/*
 * Makes room in n new files of ROOM_PART or more, on all CPUs. Where there is none left the rest is
 * missing, which is no failure.
 */
void room_make(struct room **room, unsigned int n);
/* Nothing is written there any more. */
void room_done(struct room *r);

/* Where in memory to write this part of the file; NULL: nowhere. */
char *room_at(const struct room *r, uint64_t pos, uint64_t len);

#endif
