// SPDX-License-Identifier: GPL-2.0-only
/* Bytes that wait in a pipe or fifo, and how much it can hold. */
#ifndef OBJECTS_PIPE_DATA_H
#define OBJECTS_PIPE_DATA_H

#include "engine/image/image.h"
#include "engine/restore.h"

/*
 * Appends the record of one pipe: `fd` is any descriptor of it. The bytes stay where they are.
 * what: for messages.
 */
int pipe_data_dump(struct image_out *img, uint32_t pipe_id, int fd, bool packets, const char *what);

struct pipe_data {
	uint32_t pipe_id;
	uint32_t size; /* capacity, 0: unknown */
	uint32_t bytes;
	const uint8_t *data;
	uint32_t *packet;
	size_t n_packets;
	UT_hash_handle hh;
};

/* All records of an image by pipe_id; an image that is not there holds none. */
int pipe_data_read(struct restore *r, enum image_type type, struct pipe_data **ret);

/* Sets the capacity and fills in the bytes through `fd`, open for writing. */
int pipe_data_restore(const struct pipe_data *d, int fd);

#endif
