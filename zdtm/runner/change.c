// SPDX-License-Identifier: GPL-2.0-only
#include "change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "proto/apart.h"

/* A walk over all of one image: it lists the changes it comes by, or makes the one that is wanted. */
struct walk {
	struct arena *arena;
	FILE *list;         /* NULL: it makes one */
	const char *wanted; /* its name */
	bool made;

	char path[512]; /* of where we are: "files.img:3.usk" */
	const ProtobufCMessageDescriptor *type;
	const char *field; /* "" for a record as a whole */
};

/* Is it this one? A change has one of two kinds: something goes, or becomes something else. */
static bool offer(struct walk *w, const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static bool offer(struct walk *w, const char *kind, const char *fmt, ...)
{
	char name[sizeof(w->path) + 16];
	va_list ap;

	snprintf(name, sizeof(name), "%s %s", w->path, kind);
	if (!w->list) {
		w->made |= streq(name, w->wanted);
		return w->made;
	}
	fprintf(w->list, "%s\t%s%s%s\t", name, w->type->name, w->field[0] ? "." : "", w->field);
	va_start(ap, fmt);
	vfprintf(w->list, fmt, ap);
	va_end(ap);
	fputc('\n', w->list);
	return false;
}

#define GONE  "gone"
#define OTHER "other"

static size_t step_into(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static size_t step_into(struct walk *w, const char *fmt, ...)
{
	size_t was = strlen(w->path);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->path + was, sizeof(w->path) - was, fmt, ap);
	va_end(ap);
	return was;
}

static void step_back(struct walk *w, size_t was)
{
	w->path[was] = '\0';
}

/* ---- Values ----------------------------------------------------------------------------------- */

struct width {
	size_t bytes;
	bool is_signed;
};

static struct width width_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_ENUM:
		return (struct width){ 4, true };
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return (struct width){ 4, false };
	case PROTOBUF_C_TYPE_BOOL:
		return (struct width){ sizeof(protobuf_c_boolean), false };
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return (struct width){ 8, true };
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return (struct width){ sizeof(void *), false };
	case PROTOBUF_C_TYPE_BYTES:
		return (struct width){ sizeof(ProtobufCBinaryData), false };
	default:
		return (struct width){ 8, false };
	}
}

static int64_t number_at(const void *at, struct width w)
{
	int64_t value = 0;

	memcpy(&value, at, w.bytes);
	return w.is_signed && w.bytes == 4 ? (int32_t)value : value;
}

static const char *digits(char to[24], int64_t value, struct width w)
{
	snprintf(to, 24, w.is_signed ? "%" PRId64 : "%" PRIu64, value);
	return to;
}

static bool offer_number(struct walk *w, const char *kind, void *at, struct width width,
			 int64_t other)
{
	char old[24], new[24];

	if (!offer(w, kind, "%s -> %s", digits(old, number_at(at, width), width),
		   digits(new, other, width)))
		return false;
	memcpy(at, &other, width.bytes);
	return true;
}

static bool offer_bytes(struct walk *w, uint8_t **data, size_t len)
{
	uint8_t *copy;

	if (!len || !offer(w, OTHER, "the last of %zu bytes", len))
		return false;
	copy = arena_alloc(w->arena, len + 1);
	if (!copy)
		return false;
	memcpy(copy, *data, len);
	copy[len - 1] ^= 1;
	*data = copy;
	return true;
}

static bool change_message(struct walk *w, ProtobufCMessage *msg);

static bool change_value(struct walk *w, const ProtobufCFieldDescriptor *f, void *at)
{
	struct width width = width_of(f->type);
	ProtobufCBinaryData *blob = at;

	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return change_message(w, *(ProtobufCMessage **)at);
	case PROTOBUF_C_TYPE_STRING:
		return offer_bytes(w, at, strlen(*(char **)at));
	case PROTOBUF_C_TYPE_BYTES:
		return offer_bytes(w, &blob->data, blob->len);
	default:
		return offer_number(w, OTHER, at, width, number_at(at, width) ^ 1);
	}
}

/* A number that is left out means this. */
static int64_t number_without(const ProtobufCFieldDescriptor *f)
{
	return f->default_value ? number_at(f->default_value, width_of(f->type)) : 0;
}

/* What must be there cannot go, but it can say nothing. */
static bool empty_value(struct walk *w, const ProtobufCFieldDescriptor *f, void *at)
{
	struct width width = width_of(f->type);
	ProtobufCBinaryData *blob = at;

	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return false;
	case PROTOBUF_C_TYPE_STRING:
		if (!**(char **)at || !offer(w, GONE, "'%.40s' -> ''", *(char **)at))
			return false;
		*(char **)at = "";
		return true;
	case PROTOBUF_C_TYPE_BYTES:
		if (!blob->len || !offer(w, GONE, "%zu bytes -> 0", blob->len))
			return false;
		blob->len = 0;
		return true;
	default:
		return number_at(at, width) != 0 && offer_number(w, GONE, at, width, 0);
	}
}

static bool remove_optional(struct walk *w, const ProtobufCFieldDescriptor *f, char *msg)
{
	struct width width = width_of(f->type);
	void *at = msg + f->offset;
	char text[24];
	bool wanted;

	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		wanted = offer(w, GONE, "all of it -> none");
		break;
	case PROTOBUF_C_TYPE_STRING:
		wanted = offer(w, GONE, "'%.40s' -> none", *(char **)at);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		wanted = offer(w, GONE, "%zu bytes -> none", ((ProtobufCBinaryData *)at)->len);
		break;
	default:
		wanted = number_at(at, width) != number_without(f) &&
			 offer(w, GONE, "%s -> none", digits(text, number_at(at, width), width));
	}
	if (wanted && (f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_STRING))
		*(void **)at = NULL;
	else if (wanted)
		*(protobuf_c_boolean *)(msg + f->quantifier_offset) = 0;
	return wanted;
}

static bool is_there(const ProtobufCFieldDescriptor *f, const char *msg)
{
	if (f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_STRING)
		return *(void *const *)(msg + f->offset);
	return f->label != PROTOBUF_C_LABEL_OPTIONAL ||
	       *(const protobuf_c_boolean *)(msg + f->quantifier_offset);
}

/* ---- Messages --------------------------------------------------------------------------------- */

static bool change_list_field(struct walk *w, const ProtobufCFieldDescriptor *f, char *msg)
{
	size_t *n = (size_t *)(msg + f->quantifier_offset), size = width_of(f->type).bytes;
	char *list = *(char **)(msg + f->offset);

	for (size_t i = 0; i < *n; i++) {
		size_t was = step_into(w, ":%zu", i);

		if (offer(w, GONE, "one of %zu", *n)) {
			memmove(list + i * size, list + (i + 1) * size, (*n - i - 1) * size);
			--*n;
			return true;
		}
		if (change_value(w, f, list + i * size))
			return true;
		step_back(w, was);
	}
	return false;
}

static bool change_field(struct walk *w, const ProtobufCFieldDescriptor *f, char *msg)
{
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return change_list_field(w, f, msg);
	if (!is_there(f, msg))
		return false;
	if (f->label == PROTOBUF_C_LABEL_OPTIONAL ? remove_optional(w, f, msg)
						  : empty_value(w, f, msg + f->offset))
		return true;
	return change_value(w, f, msg + f->offset);
}

static bool change_message(struct walk *w, ProtobufCMessage *msg)
{
	const ProtobufCMessageDescriptor *d = msg->descriptor, *outer = w->type;
	const char *outer_field = w->field;

	for (unsigned int i = 0; i < d->n_fields; i++) {
		size_t was = step_into(w, ".%s", d->fields[i].name);

		w->type = d;
		w->field = d->fields[i].name;
		if (change_field(w, &d->fields[i], (char *)msg))
			return true;
		step_back(w, was);
	}
	w->type = outer;
	w->field = outer_field;
	return false;
}

static bool change_record(struct walk *w, struct image *image, unsigned int i)
{
	struct record *r = &image->record[i];
	size_t was;

	w->type = r->type;
	w->field = "";
	if (image->list && offer(w, GONE, "one of %u", image->n)) {
		memmove(r, r + 1, (image->n - i - 1) * sizeof(*r));
		image->n--;
		return true;
	}
	w->field = "payload";
	was = step_into(w, " payload");
	if (offer_bytes(w, (uint8_t **)&r->raw, r->raw_len))
		return true;
	step_back(w, was);
	return change_message(w, r->msg);
}

/* ---- Files ------------------------------------------------------------------------------------ */

/* What tells of the dump and not of the tasks. */
static bool is_state(const char *name)
{
	return strlen(name) > 4 && streq(name + strlen(name) - 4, ".img") &&
	       !streq(name, "inventory.img");
}

static int walk_file(struct walk *w, const char *images, const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_buf_ struct buf data = {}, changed = {};
	_cleanup_close_ int fd = -EBADF;
	struct image image;
	int r;

	if (asprintf(&path, "%s/%s", images, name) < 0)
		return -ENOMEM;
	r = read_file_at(AT_FDCWD, path, &data);
	if (r < 0)
		return r;
	if (!image_take_apart(name, (uint8_t *)data.data, data.len, w->arena, &image))
		return 0;
	for (unsigned int i = 0; i < image.n && !w->made; i++) {
		snprintf(w->path, sizeof(w->path), image.list ? "%s:%u" : "%s", name, i);
		change_record(w, &image, i);
	}
	if (!w->made)
		return 0;
	r = image_put_together(&image, &changed);
	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	return fd < 0 ? -errno : write_full(fd, changed.data, changed.len);
}

static int walk_all(struct walk *w, const char *images)
{
	struct dirent **names;
	int r = 0, n = scandir(images, &names, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct arena a;

		arena_init(&a, false);
		w->arena = &a;
		if (r == 0 && !w->made && is_state(names[i]->d_name))
			r = walk_file(w, images, names[i]->d_name);
		arena_done(&a);
		free(names[i]);
	}
	free(names);
	return r;
}

int change_list(const char *images, FILE *to)
{
	struct walk w = { .list = to };

	return walk_all(&w, images);
}

int change_make(const char *images, const char *name)
{
	struct walk w = { .wanted = name };
	int r = walk_all(&w, images);

	return r < 0 ? r : w.made ? 0 : -ESTALE;
}
