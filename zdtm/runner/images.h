// SPDX-License-Identifier: GPL-2.0-only
/* The directories that a run's images lie in: an engine's time should not be a disk's. */
#ifndef ZDTM_IMAGES_H
#define ZDTM_IMAGES_H

#include <stdbool.h>

/* So many of a run are in memory; further ones go to the disk. */
#define IMAGES_IN_MEMORY 64

struct images {
	struct {
		char *path;
		int under; /* what its mount covers */
	} dir[IMAGES_IN_MEMORY];
	unsigned int n;
};

/* Makes a directory; in_memory: a tmpfs of its own, which dies with the arena. 0 or -errno. */
int images_make(struct images *i, const char *path, bool in_memory);

/* Copies what is in memory to where it is seen from outside and stays. */
void images_keep(const struct images *i);

void images_done(struct images *i);

/* What is in a directory, into another one, which is made. */
void copy_tree(const char *from, const char *to);

#endif
