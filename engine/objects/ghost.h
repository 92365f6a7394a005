// SPDX-License-Identifier: GPL-2.0-only
/* A file without a name: all of it is in the image. */
#ifndef OBJECTS_GHOST_H
#define OBJECTS_GHOST_H

#include "files.h"

struct remap_target;

/* Writes the ghost image with this number. path: the name it had last. */
int ghost_dump(const struct fd_view *v, const char *path, uint32_t id);

/* In main: makes the file, opens it for every entry of the target, and leaves no name behind. */
int ghost_open(struct restore *r, struct remap_target *t);

/*
 * What an inode has besides content, owner and mode: times, extended attributes, flags of chattr(1),
 * blocks reserved beyond its end. fd: open for reading, or O_PATH for what cannot be opened.
 */
int ghost_inode_dump(int fd, const struct stat *st, struct arena *a, GhostFileEntry *e);
/* All but times and flags; the times, as utimensat(2) takes them. */
int ghost_inode_restore(int fd, const GhostFileEntry *e);
void ghost_inode_times(const GhostFileEntry *e, struct timespec times[2]);
/* The flags come last: some forbid whatever else is to be done with the file, its unlinking too. */
int ghost_inode_flags(int fd, const GhostFileEntry *e);

#endif
