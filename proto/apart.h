// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image file taken apart into its messages, whatever they mean, and put together again. For those
 * who change images on purpose: what an engine reads it reads by way of engine/image.
 */
#ifndef PROTO_APART_H
#define PROTO_APART_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"

struct record {
	const ProtobufCMessageDescriptor *type;
	ProtobufCMessage *msg;
	const uint8_t *raw; /* what follows it */
	size_t raw_len;
};

struct image {
	const uint8_t *magic;
	size_t magic_len;
	struct record *record; /* there is room for one more */
	unsigned int n;
	bool list; /* any number of records, not just the one */
};

/*
 * false: nobody knows what is in a file of this name (raw pages), or it is not that, or nothing. The
 * image refers to `data`.
 */
bool image_take_apart(const char *name, const uint8_t *data, size_t len, struct arena *a,
		      struct image *ret);

/* 0 or -ENOMEM. */
int image_put_together(const struct image *image, struct buf *ret);

#endif
