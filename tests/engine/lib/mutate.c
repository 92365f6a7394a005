// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "field.h"
#include "lib.h"
#include "mutate.h"

static uint64_t any(struct mutation *m)
{
	/* xorshift64* */
	*m->seed ^= *m->seed >> 12;
	*m->seed ^= *m->seed << 25;
	*m->seed ^= *m->seed >> 27;
	return *m->seed * 0x2545f4914f6cdd1d;
}

static unsigned int below(struct mutation *m, unsigned int n)
{
	return (any(m) >> 32) % n;
}

static uint64_t number(struct mutation *m, uint64_t old)
{
	const uint64_t edges[] = { 0,
				   1,
				   2,
				   old + 1,
				   old - 1,
				   old ^ 1ULL << below(m, 64),
				   old ^ 1ULL << below(m, 12),
				   -1,
				   INT32_MAX,
				   UINT32_MAX,
				   1ULL << 32,
				   INT64_MAX,
				   1ULL << 47,
				   4096,
				   any(m) >> below(m, 64) };

	return edges[below(m, ARRAY_SIZE(edges))];
}

static char *text(struct mutation *m, const char *old)
{
	static const char *const odd[] = { "",     "/",         "..", "/../..",     "x",
					   "%s%n", "/dev/null", "\n", "/ (deleted)" };
	size_t n = strlen(old), more = below(m, 3) ? below(m, 8) : 5000;
	char *s;

	if (below(m, 2))
		return arena_strdup(m->arena, odd[below(m, ARRAY_SIZE(odd))]);
	s = arena_alloc(m->arena, n + more + 1);
	memcpy(s, old, n);
	if (n && below(m, 2))
		s[below(m, n)] ^= 1 << below(m, 7);
	else
		memset(s + n, "/x."[below(m, 3)], more);
	return s;
}

static void change_bytes(struct mutation *m, ProtobufCBinaryData *b)
{
	size_t more = below(m, 2) ? below(m, 64) : 1U << below(m, 20);
	uint8_t *data = arena_alloc(m->arena, b->len + more + 1);

	if (b->len)
		memcpy(data, b->data, b->len);
	b->data = data;
	switch (below(m, 4)) {
	case 0:
		b->len = b->len ? below(m, b->len) : 0;
		break;
	case 1:
		b->len += more;
		break;
	default:
		for (unsigned int i = 0; b->len && i < 1 + below(m, 4); i++)
			data[below(m, b->len)] ^= 1 << below(m, 8);
	}
	fprintf(m->what, " = %zu bytes", b->len);
}

static void change_message(struct mutation *m, ProtobufCMessage *msg);

static void change_value(struct mutation *m, const ProtobufCFieldDescriptor *f, void *at)
{
	uint64_t old = 0;

	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		fprintf(m->what, ".");
		/* One that has just come lacks all of its own. */
		if (!*(ProtobufCMessage **)at)
			*(ProtobufCMessage **)at = field_new_message(m, f);
		change_message(m, *(ProtobufCMessage **)at);
		break;
	case PROTOBUF_C_TYPE_STRING:
		*(char **)at = text(m, *(char **)at ?: "");
		fprintf(m->what, " = '%.100s'", *(char **)at);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		change_bytes(m, at);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at ^= 1;
		fprintf(m->what, " = %d", *(protobuf_c_boolean *)at);
		break;
	default:
		memcpy(&old, at, field_size(f->type));
		fprintf(m->what, " %#" PRIx64, old);
		old = number(m, old);
		memcpy(at, &old, field_size(f->type));
		fprintf(m->what, " -> %#" PRIx64, old);
	}
}

static void change_repeated(struct mutation *m, const ProtobufCFieldDescriptor *f, size_t *n,
			    void **list)
{
	size_t size = field_size(f->type), more = below(m, 8) ? 1 : 20000;
	unsigned int i = *n ? below(m, *n) : 0;
	char *copy = arena_alloc(m->arena, (*n + more + 1) * size);

	if (!*n) {
		/* Nothing to repeat: but numbers can be made up. */
		if (size < 4 || f->type == PROTOBUF_C_TYPE_MESSAGE ||
		    f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_BYTES)
			return;
		memcpy(copy, &(uint64_t){ number(m, 0) }, size);
		*n = 1;
		*list = copy;
		fprintf(m->what, " comes");
		return;
	}
	memcpy(copy, *list, *n * size);
	*list = copy;
	fprintf(m->what, "[%u]", i);
	switch (below(m, 6)) {
	case 0:
		memmove(copy + i * size, copy + (i + 1) * size, (*n - i - 1) * size);
		--*n;
		fprintf(m->what, " goes");
		break;
	case 1:
		for (size_t k = 0; k < more; k++)
			memcpy(copy + (*n + k) * size, copy + i * size, size);
		*n += more;
		fprintf(m->what, " comes %zu times more", more);
		break;
	case 2:
		memcpy(copy + *n * size, copy + i * size, size);
		memmove(copy + i * size, copy, size);
		memmove(copy, copy + *n * size, size);
		fprintf(m->what, " comes first");
		break;
	default:
		change_value(m, f, copy + i * size);
	}
}

static void change_optional(struct mutation *m, const ProtobufCFieldDescriptor *f, char *msg)
{
	void *at = msg + f->offset;

	if (f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_STRING) {
		void **p = at;

		if (*p && below(m, 5)) {
			change_value(m, f, at);
		} else if (*p) {
			*p = NULL;
			fprintf(m->what, " goes");
		} else {
			fprintf(m->what, " comes");
			change_value(m, f, at);
		}
		return;
	}
	if (below(m, 4) == 0) {
		*(protobuf_c_boolean *)(msg + f->quantifier_offset) ^= 1;
		fprintf(m->what, " comes or goes");
	} else {
		*(protobuf_c_boolean *)(msg + f->quantifier_offset) = 1;
		change_value(m, f, at);
	}
}

static void change_message(struct mutation *m, ProtobufCMessage *msg)
{
	const ProtobufCMessageDescriptor *d = msg->descriptor;
	const ProtobufCFieldDescriptor *f;
	char *at = (char *)msg;

	if (!d->n_fields)
		return;
	f = &d->fields[below(m, d->n_fields)];
	fprintf(m->what, "%s", f->name);
	switch (f->label) {
	case PROTOBUF_C_LABEL_REPEATED:
		change_repeated(m, f, (size_t *)(at + f->quantifier_offset),
				(void **)(at + f->offset));
		break;
	case PROTOBUF_C_LABEL_OPTIONAL:
		change_optional(m, f, at);
		break;
	default:
		change_value(m, f, at + f->offset);
	}
}

static void change_records(struct mutation *m, struct image *image, unsigned int i)
{
	struct record *r = image->record, moved = r[i];

	switch (below(m, 3)) {
	case 0:
		memmove(r + i, r + i + 1, (image->n - i - 1) * sizeof(*r));
		image->n--;
		fprintf(m->what, "goes");
		break;
	case 1:
		/* There is room: a record takes four bytes at least. */
		if (image->n > 1)
			r[(i + 1) % image->n] = moved;
		fprintf(m->what, "replaces the next");
		break;
	case 2:
		r[i] = r[0];
		r[0] = moved;
		fprintf(m->what, "comes first");
		break;
	}
}

void image_mutate(struct image *image, struct arena *a, uint64_t *seed, char *what, size_t size)
{
	struct mutation m = { .arena = a, .seed = seed, .what = fmemopen(what, size, "w") };
	unsigned int i = below(&m, image->n);

	ATF_REQUIRE(m.what);
	fprintf(m.what, "record %u: ", i);
	if (below(&m, 20) == 0)
		change_records(&m, image, i);
	else
		change_message(&m, image->record[i].msg);
	fclose(m.what);
}
