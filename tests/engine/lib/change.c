// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "field.h"
#include "lib.h"
#include "mutate.h"

size_t field_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_ENUM:
		return 4;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 8;
	}
}

ProtobufCMessage *field_new_message(struct mutation *m, const ProtobufCFieldDescriptor *f)
{
	const ProtobufCMessageDescriptor *d = f->descriptor;
	ProtobufCMessage *msg = arena_alloc(m->arena, d->sizeof_message);

	d->message_init(msg);
	return msg;
}

#define MAX_TYPES 64

/* The first message of each type that is somewhere in an image. */
struct types {
	ProtobufCMessage *msg[MAX_TYPES];
	unsigned int n;
};

static void collect(struct types *t, ProtobufCMessage *msg)
{
	const ProtobufCMessageDescriptor *d;

	if (!msg)
		return;
	d = msg->descriptor;
	for (unsigned int i = 0; i < t->n; i++)
		if (t->msg[i]->descriptor == d)
			return;
	ATF_REQUIRE(t->n < MAX_TYPES);
	t->msg[t->n++] = msg;
	for (unsigned int i = 0; i < d->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &d->fields[i];
		void *at = (char *)msg + f->offset;

		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		if (f->label != PROTOBUF_C_LABEL_REPEATED)
			collect(t, *(ProtobufCMessage **)at);
		else if (*(size_t *)((char *)msg + f->quantifier_offset))
			collect(t, (*(ProtobufCMessage ***)at)[0]);
	}
}

/* Is it the turn of the n-th change? */
static bool turn(unsigned int *n)
{
	return (*n)-- == 0;
}

static bool change_list(struct mutation *m, const ProtobufCFieldDescriptor *f, size_t *count,
			void **list, unsigned int *n)
{
	static const size_t more[] = { 1, 20000 };
	size_t size = field_size(f->type);

	if (!*count)
		return false;
	if (turn(n)) {
		*count = 0;
		fprintf(m->what, " all go");
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		char *copy;

		if (!turn(n))
			continue;
		copy = arena_alloc(m->arena, (*count + more[i]) * size);
		memcpy(copy, *list, *count * size);
		for (size_t k = 0; k < more[i]; k++)
			memcpy(copy + (*count + k) * size, *list, size);
		*list = copy;
		*count += more[i];
		fprintf(m->what, "[0] comes %zu times more", more[i]);
		return true;
	}
	return false;
}

static bool change_number(struct mutation *m, void *at, size_t size, unsigned int *n)
{
	static const uint64_t edges[] = { 0, -1, INT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		if (turn(n)) {
			memcpy(at, &edges[i], size);
			fprintf(m->what, " = %#" PRIx64, edges[i]);
			return true;
		}
	return false;
}

static bool change_text(struct mutation *m, char **at, unsigned int *n)
{
	static const size_t len[] = { 0, 5000 };

	for (size_t i = 0; i < ARRAY_SIZE(len); i++)
		if (turn(n)) {
			*at = arena_alloc(m->arena, len[i] + 1);
			memset(*at, '/', len[i]);
			fprintf(m->what, " of %zu letters", len[i]);
			return true;
		}
	return false;
}

static bool change_blob(struct mutation *m, ProtobufCBinaryData *b, unsigned int *n)
{
	const size_t len[] = { 0, b->len / 2, b->len + 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(len); i++)
		if (turn(n)) {
			uint8_t *data = arena_alloc(m->arena, len[i] + 1);

			if (b->len)
				memcpy(data, b->data, MIN(len[i], b->len));
			b->data = data;
			b->len = len[i];
			fprintf(m->what, " of %zu bytes", len[i]);
			return true;
		}
	return false;
}

static bool change_single(struct mutation *m, const ProtobufCFieldDescriptor *f, char *msg,
			  unsigned int *n)
{
	bool optional = f->label == PROTOBUF_C_LABEL_OPTIONAL;
	bool pointer = f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_STRING;
	protobuf_c_boolean *has =
		optional && !pointer ? (void *)(msg + f->quantifier_offset) : NULL;
	void *at = msg + f->offset;

	if (optional && (pointer ? *(void **)at != NULL : *has) && turn(n)) {
		if (pointer)
			*(void **)at = NULL;
		else
			*has = 0;
		fprintf(m->what, " goes");
		return true;
	}
	if (has)
		*has = 1;
	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		if (*(void **)at || !turn(n))
			return false;
		*(ProtobufCMessage **)at = field_new_message(m, f);
		fprintf(m->what, " comes");
		return true;
	case PROTOBUF_C_TYPE_STRING:
		return change_text(m, at, n);
	case PROTOBUF_C_TYPE_BYTES:
		return change_blob(m, at, n);
	default:
		return change_number(m, at, field_size(f->type), n);
	}
}

bool image_change(struct image *image, struct arena *a, unsigned int n, char *what, size_t size)
{
	struct mutation m = { .arena = a };
	struct types types = {};
	bool changed = false;

	for (unsigned int i = 0; i < image->n; i++)
		collect(&types, image->record[i].msg);
	for (unsigned int i = 0; i < types.n && !changed; i++) {
		const ProtobufCMessageDescriptor *d = types.msg[i]->descriptor;
		char *msg = (char *)types.msg[i];

		for (unsigned int k = 0; k < d->n_fields && !changed; k++) {
			const ProtobufCFieldDescriptor *f = &d->fields[k];
			protobuf_c_boolean had = 0, *has = NULL;

			if (f->label == PROTOBUF_C_LABEL_OPTIONAL && f->quantifier_offset) {
				has = (void *)(msg + f->quantifier_offset);
				had = *has;
			}
			m.what = fmemopen(what, size, "w");
			ATF_REQUIRE(m.what);
			fprintf(m.what, "%s.%s", d->name, f->name);
			if (f->label == PROTOBUF_C_LABEL_REPEATED)
				changed = change_list(&m, f, (size_t *)(msg + f->quantifier_offset),
						      (void **)(msg + f->offset), &n);
			else
				changed = change_single(&m, f, msg, &n);
			fclose(m.what);
			if (!changed && has)
				*has = had;
		}
	}
	return changed;
}
