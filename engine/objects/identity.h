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
	uint32_t id; /* the finder's: its entry in the image; 0: none yet */
	FdTypes type;
};

struct open_files;

struct open_files *open_files_new(void);
void open_files_free(struct open_files *all);

/*
 * Which open file is behind descriptor `fd` of task `pid`, which is held still (or of ourselves)?
 * `copy` is ours of the same, and `st` its fstat(). The answer lives as long as `all`; one that has not
 * been met before has no id yet.
 */
struct open_file_question {
	pid_t pid;
	int fd, copy;
	const struct stat *st;
	struct open_file *answer;
	bool kept; /* the copy of what a task has is the answer's from now on */
	/* Its own. */
	struct bucket *bucket;
	struct open_file_question *next;
};

/* Answers all, by all CPUs. NULL answers are none: 0 or -errno. */
int open_files_find(struct open_files *all, struct open_file_question *q, size_t n);

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
