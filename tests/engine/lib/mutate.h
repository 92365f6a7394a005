// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image file taken apart into its messages, one of which is changed in some way that its type
 * allows: a field gets another value, goes, comes, is repeated. What the fields mean is not known
 * here; what types they have the messages' descriptors tell.
 */
#ifndef TESTS_ENGINE_MUTATE_H
#define TESTS_ENGINE_MUTATE_H

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
	struct record *record;
	unsigned int n;
};

/* false: nobody knows what is in a file of this name (raw pages), or it is empty. */
bool image_take_apart(const char *name, const uint8_t *data, size_t len, struct arena *a,
		      struct image *ret);

/* What was done, in words, goes to `what`. Random numbers come from *seed. */
void image_mutate(struct image *image, struct arena *a, uint64_t *seed, char *what, size_t size);

/*
 * Change number n of all that are to be tried: of every field of the first message of every type, that
 * it goes, or takes one of a few values. false: there are no more.
 */
bool image_change(struct image *image, struct arena *a, unsigned int n, char *what, size_t size);

int image_put_together(const struct image *image, struct buf *ret);

#endif
