// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small files are written behind the caller's back. What is dumped stands still until everything is
 * on disk, and making a file can take longer than finding out what to put into it.
 */
#ifndef IMAGE_WRITER_H
#define IMAGE_WRITER_H

#include <stdint.h>

#include "engine/base/buf.h"

struct image_writer;

struct image_written {
	unsigned int index; /* the caller's number for the file */
	int err;
	uint64_t size;
	uint32_t crc;
};

/* dirfd is borrowed. NULL: no memory. */
struct image_writer *image_writer_new(int dirfd);

/* A file called `name` is to be made and hold these bytes, which the writer takes. 0 or -ENOMEM. */
int image_writer_add(struct image_writer *w, const char *name, unsigned int index, struct buf *b);

/* Waits until everything is written (or failed), tells each result, and frees the writer. */
void image_writer_end(struct image_writer *w,
		      void (*tell)(void *arg, const struct image_written *f), void *arg);

#endif
