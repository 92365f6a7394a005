// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "lib.h"
#include "mutate.h"
#include "proto/core.pb-c.h"
#include "proto/filelock.pb-c.h"
#include "proto/files.pb-c.h"
#include "proto/fs.pb-c.h"
#include "proto/inventory.pb-c.h"
#include "proto/memfd.pb-c.h"
#include "proto/mm.pb-c.h"
#include "proto/pagemap.pb-c.h"
#include "proto/pstree.pb-c.h"

/* ---- apart ---- */

#define D(name) &name##__descriptor
static const struct kind {
	const char *prefix;
	const ProtobufCMessageDescriptor *first, *rest; /* NULL: there is only one */
} kinds[] = {
	{ "inventory", D(inventory_entry), NULL },
	{ "pstree", D(pstree_entry), D(pstree_entry) },
	{ "core-", D(core_entry), NULL },
	{ "ids-", D(task_kobj_ids_entry), NULL },
	{ "mm-", D(mm_entry), NULL },
	{ "fs-", D(fs_entry), NULL },
	{ "fdinfo-", D(fdinfo_entry), D(fdinfo_entry) },
	{ "filelocks", D(file_lock_entry), D(file_lock_entry) },
	{ "files", D(file_entry), D(file_entry) },
	{ "pagemap-", D(pagemap_head), D(pagemap_entry) },
	{ "remap-fpath", D(remap_file_path_entry), D(remap_file_path_entry) },
	{ "ghost-file-", D(ghost_file_entry), NULL },
	{ "pipes-data", D(pipe_data_entry), D(pipe_data_entry) },
	{ "fifo-data", D(pipe_data_entry), D(pipe_data_entry) },
	{ "memfd", D(memfd_inode_entry), D(memfd_inode_entry) },
};

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_after(name, kinds[i].prefix))
			return &kinds[i];
	return NULL;
}

static void *give(void *arena, size_t n)
{
	return arena_alloc(arena, n);
}

static void take_back(void *arena, void *p)
{
}

static size_t raw_behind(const struct record *r, const struct kind *k, size_t left)
{
	if (r->type == D(pipe_data_entry))
		return MIN((size_t)((PipeDataEntry *)r->msg)->bytes, left);
	return r->type == D(ghost_file_entry) ? left : 0;
}

bool image_take_apart(const char *name, const uint8_t *data, size_t len, struct arena *a,
		      struct image *ret)
{
	const struct kind *k = kind_of(name);
	ProtobufCAllocator allocator = { give, take_back, a };
	size_t at = str_after(name, "inventory") ? 4 : 8;

	if (!k)
		return false;
	*ret = (struct image){ .magic = data, .magic_len = at };
	ret->record = arena_array(a, struct record, len / 4 + 1);
	while (at + 4 <= len) {
		struct record *r = &ret->record[ret->n];
		uint32_t n;

		memcpy(&n, data + at, 4);
		at += 4;
		ATF_REQUIRE_MSG(n <= len - at, "%s: record of %u bytes", name, n);
		r->type = ret->n ? k->rest : k->first;
		ATF_REQUIRE_MSG(r->type, "%s: more than one record", name);
		r->msg = protobuf_c_message_unpack(r->type, &allocator, n, data + at);
		ATF_REQUIRE_MSG(r->msg, "%s: record %u", name, ret->n);
		at += n;
		r->raw = data + at;
		r->raw_len = raw_behind(r, k, len - at);
		at += r->raw_len;
		ret->n++;
	}
	return ret->n > 0;
}

int image_put_together(const struct image *image, struct buf *ret)
{
	int r;

	ret->len = 0;
	r = buf_append(ret, image->magic, image->magic_len);
	for (unsigned int i = 0; r == 0 && i < image->n; i++) {
		const struct record *rec = &image->record[i];
		uint32_t n = protobuf_c_message_get_packed_size(rec->msg);

		r = buf_append(ret, &n, sizeof(n));
		if (r == 0)
			r = buf_reserve(ret, n);
		if (r < 0)
			break;
		ret->len += protobuf_c_message_pack(rec->msg, (uint8_t *)ret->data + ret->len);
		r = buf_append(ret, rec->raw, rec->raw_len);
	}
	return r;
}

/* ---- changes ---- */

struct mutation {
	struct arena *arena;
	uint64_t *seed;
	FILE *what;
};

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

static size_t size_of(ProtobufCType type)
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

static ProtobufCMessage *new_message(struct mutation *m, const ProtobufCFieldDescriptor *f)
{
	const ProtobufCMessageDescriptor *d = f->descriptor;
	ProtobufCMessage *msg = arena_alloc(m->arena, d->sizeof_message);

	d->message_init(msg);
	return msg;
}

static void change_value(struct mutation *m, const ProtobufCFieldDescriptor *f, void *at)
{
	uint64_t old = 0;

	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		fprintf(m->what, ".");
		/* One that has just come lacks all of its own. */
		if (!*(ProtobufCMessage **)at)
			*(ProtobufCMessage **)at = new_message(m, f);
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
		memcpy(&old, at, size_of(f->type));
		fprintf(m->what, " %#" PRIx64, old);
		old = number(m, old);
		memcpy(at, &old, size_of(f->type));
		fprintf(m->what, " -> %#" PRIx64, old);
	}
}

static void change_repeated(struct mutation *m, const ProtobufCFieldDescriptor *f, size_t *n,
			    void **list)
{
	size_t size = size_of(f->type), more = below(m, 8) ? 1 : 20000;
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
