// SPDX-License-Identifier: GPL-2.0-only
/* What mutate.c and change.c share. */
#ifndef TESTS_ENGINE_FIELD_H
#define TESTS_ENGINE_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

#include "engine/base/arena.h"

struct mutation {
	struct arena *arena;
	uint64_t *seed;
	FILE *what;
};

/* Bytes that one value of the type takes in a message, or in a list. */
size_t field_size(ProtobufCType type);

/* An empty message for a field. */
ProtobufCMessage *field_new_message(struct mutation *m, const ProtobufCFieldDescriptor *f);

#endif
