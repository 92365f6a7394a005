// SPDX-License-Identifier: GPL-2.0-only
/* Names that files of a restore are given for the moment of opening them. */
#ifndef OBJECTS_REMAP_NAMES_H
#define OBJECTS_REMAP_NAMES_H

#include <limits.h>

#include "files.h"

/* What is remapped: the entries of files.img that one ghost or link stands for. */
struct remap_target {
	uint32_t id; /* number of the ghost, or id of the link's entry, or the dead pid */
	RemapType type;
	struct restore_file **file;
	unsigned int n, cap;
	UT_hash_handle hh;
};

/* A name, and the directories it needed. */
struct remap_name {
	char path[PATH_MAX];
	unsigned int made_below; /* directories longer than this many bytes are ours; 0: none */
};

/* The nearest directory above the path that still exists. */
bool remap_existing_dir(const char *path, char dir[PATH_MAX]);

/*
 * Calls make() with `path`, or with a name beside it when another file has taken that one, or after
 * making the directories that are missing. The name is left in *n; it is empty on failure.
 */
int remap_make_name(struct remap_name *n, const char *path,
		    int (*make)(const char *path, void *arg), void *arg);
/* For remap_make_name(): a hard link to the path `from`. */
int remap_make_link(const char *path, void *from);

/* Entries of one path share the name made for the first of them. */
unsigned int remap_namesake(const struct remap_target *t, unsigned int i);

/* Removes the names again, and frees the array. */
void remap_drop_names(struct remap_name *names, unsigned int n, bool dir);

/* Opens one entry's file in main, by a path that leads to it at this moment. */
int remap_open_entry(struct restore_file *f, const char *path);

#endif
