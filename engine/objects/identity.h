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
 * The open file behind descriptor `fd` of task `pid`, which is held still (or of ourselves); `copy`
 * is ours of the same, borrowed, and `st` its fstat(). Returns 1 when it has not been met before, 0 when it has,
 * -errno. The answer lives as long as `all`.
 */
int open_files_find(struct open_files *all, pid_t pid, int fd, int copy, const struct stat *st,
		    struct open_file **ret);

#endif
