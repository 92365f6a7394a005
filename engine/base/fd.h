// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors: whole reads and writes, small files, paths of open files. Errors are -errno. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"

/* Exactly n bytes or an error: -ENODATA when the file ends early. */
int read_full(int fd, void *data, size_t n);
int pread_full(int fd, void *data, size_t n, off_t pos);
int write_full(int fd, const void *data, size_t n);
int pwrite_full(int fd, const void *data, size_t n, off_t pos);

/*
 * The whole of a file into b (emptied first, its memory kept), as text files of /proc want to be
 * read: to the end, whatever st_size says.
 */
int read_file_at(int dirfd, const char *path, struct buf *b);
int read_rest(int fd, struct buf *b);

/* One write() of a text, as the control files of /proc and /sys want it. */
int write_file_at(int dirfd, const char *path, const char *text);

/* What a link says, NUL-terminated. -ENAMETOOLONG when size bytes are not enough. */
int read_link_at(int dirfd, const char *path, char *to, size_t size);

/* The path the kernel shows for an open descriptor of this process. */
int fd_path(int fd, char *to, size_t size);

/* "/proc/self/fd/N", in a buffer of the caller's. */
#define FD_LINK_SIZE 32
const char *fd_link(int fd, char to[FD_LINK_SIZE]);

/*
 * Where there is no stdin, stdout or stderr, makes it /dev/null for reading. Else the next file that is
 * opened gets the number, and is written what is for people to read.
 */
void open_standard_fds(void);

#endif
