// SPDX-License-Identifier: GPL-2.0-only
/* What one descriptor tells of its open file. */
#ifndef OBJECTS_FILES_LOOK_H
#define OBJECTS_FILES_LOOK_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "engine/base/buf.h"

struct fd_look {
	int fd, err;
	const char *failed;
	int copy;
	struct stat st;
	int flags;
	bool found;
	int sig;
	struct f_owner_ex owner;
	struct buf fdinfo, link; /* keep their memory from one to the next */
};

/*
 * What one piece of the work uses again and again. Every number that is asked for in /proc costs
 * the kernel an inode: all copies are looked at under this one.
 */
struct fd_scratch {
	int spot;
	int fdinfo, symlink; /* of /proc: about whatever is there when they are read */
	struct buf text;
	char link[PATH_MAX];
};

void fd_scratch_init(struct fd_scratch *s);
void fd_scratch_done(struct fd_scratch *s);
/* Has its files opened beforehand, for some open descriptor; what fails is tried again later. */
void fd_scratch_prepare(struct fd_scratch *s, int any_fd);

/*
 * Fills l with what l->copy tells. What the kernel shows only in the table of a task comes from there:
 * `fdinfo` is its directory, or -1. Silent: what failed is l->failed.
 */
int fd_look_at(int fdinfo, struct fd_look *l, struct fd_scratch *s);
void fd_look_done(struct fd_look *l);

#endif
