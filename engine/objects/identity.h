// SPDX-License-Identifier: GPL-2.0-only
/* Which descriptors, of whatever tasks, are one open file. */
#ifndef OBJECTS_IDENTITY_H
#define OBJECTS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "proto/files.pb-c.h"

/* An open file that has been met, by one of its descriptors. */
struct open_file {
	pid_t pid;
	int fd;
	int copy;    /* of ours, kept for comparing; -1: none */
	uint32_t id; /* the finder's: its entry in the image */
	FdTypes type;
};

struct open_files;

struct open_files *open_files_new(void);
void open_files_free(struct open_files *all);

/*
 * The open file behind descriptor `fd` of task `pid`, which is held still (or of ourselves);
 * `copy` is ours of the same, borrowed, and `st` its fstat(). Returns 1 when it has not been met
 * before, 0 when it has, -errno. The answer lives as long as `all`.
 */
int open_files_find(struct open_files *all, pid_t pid, int fd, int copy, const struct stat *st,
		    struct open_file **ret);

/* A descriptor of ours for one that has been met, or -errno. */
int open_file_copy(const struct open_file *f);

/* What an epoll watches. */
struct watched {
	int epoll; /* a descriptor of ours */
	uint32_t fd,
		nth; /* the nth entry, in the order of fdinfo, of those added under this number */
	dev_t dev;
	ino_t ino;
};

/*
 * The open file behind such an entry; `guess`, if there is one, is tried first. -ENOENT: it is
 * none of those that have been met.
 */
int open_files_find_watched(struct open_files *all, const struct watched *w,
			    struct open_file *guess, struct open_file **ret);

#endif
