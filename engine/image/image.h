// SPDX-License-Identifier: GPL-2.0-only
/*
 * Image files in CRIU's format v1.1: a magic number or two, then records of (u32 length, protobuf
 * message), each followed by raw bytes where the kind of image has some. Integers are
 * little-endian. A set of images is one directory; its inventory is written last, so a directory
 * without one holds no finished dump.
 *
 * What is read is untrusted: every length is checked against what is there.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "proto/inventory.pb-c.h"

enum image_type {
#define IMAGE(name, file, magic) IMAGE_##name,
#include "engine/image/types.def"
#undef IMAGE
	IMAGE_TYPES
};

#define IMAGE_NAME_SIZE 64
const char *image_name(enum image_type type, uint64_t id, char to[IMAGE_NAME_SIZE]);

/* ---- writing ---- */

struct image_file {
	char name[IMAGE_NAME_SIZE];
	uint64_t size;
	uint32_t crc;
};

struct image_writer;

/* A set being written. Until image_dir_commit() nothing in the directory looks like a finished set. */
struct image_dir {
	int fd;       /* where files are made */
	int final_fd; /* where they will be: differs while an older set stands there */
	struct image_file *file;
	unsigned int n, cap;
	struct image_writer *writer;
	/* After a failure: the file that could not be made or written. */
	char failed[IMAGE_NAME_SIZE];
};

/* dirfd is borrowed and must outlive the set. */
int image_dir_begin(int dirfd, struct image_dir *ret);

/* Removes whatever was written; an older set in the directory is as it was. */
void image_dir_abort(struct image_dir *d);

/*
 * Fills the inventory's list of files and its checksum, writes it, and makes the set visible. On
 * failure the set is not complete and image_dir_abort() is still to be called.
 */
int image_dir_commit(struct image_dir *d, InventoryEntry *inventory);

/* A file being written; what is not on disk yet is in b. */
struct image_out {
	struct image_dir *dir;
	char name[IMAGE_NAME_SIZE];
	unsigned int index; /* in the set, when it has a descriptor */
	int fd;             /* -1 until the first flush */
	uint64_t size;
	uint32_t crc;
	struct buf b;
};

int image_create(struct image_dir *d, enum image_type type, uint64_t id, struct image_out *ret);
int image_put(struct image_out *o, const ProtobufCMessage *msg);
int image_put_raw(struct image_out *o, const void *data, size_t n);
/*
 * The rest of the file is written, now or until the set is committed, which then tells of failures.
 * The struct is empty afterwards, whatever comes of it.
 */
int image_close(struct image_out *o);
/* Lets go of a file that will not be finished. */
void image_drop(struct image_out *o);

#define _cleanup_image_ __attribute__((cleanup(image_drop)))

/* One file with one record. */
int image_write_one(struct image_dir *d, enum image_type type, uint64_t id,
		    const ProtobufCMessage *msg);

/*
 * A raw image whose bytes the caller writes to the returned descriptor; image_raw_done() then tells
 * the set its size and checksum. image_raw_unused() removes one that is not wanted after all.
 */
int image_create_raw(struct image_dir *d, enum image_type type, uint64_t id, unsigned int *index);
void image_raw_done(struct image_dir *d, unsigned int index, uint64_t size, uint32_t crc);
void image_raw_unused(struct image_dir *d, unsigned int index);

/* stats-dump and stats-restore: no part of a set, written when it is complete. */
int image_write_stats(int dirfd, enum image_type type, const ProtobufCMessage *msg);

/* ---- reading ---- */

struct image_cached;

struct image_set {
	int fd;
	struct arena *arena; /* messages live here, and die with it */
	InventoryEntry *inventory;
	bool sealed; /* the inventory lists files with checksums, and they were checked */
	struct image_cached *cache;
	char file[IMAGE_NAME_SIZE]; /* after a failure: the file, */
	const char *why;            /* and what is wrong with it */
};

/*
 * Opens the set in dirfd (borrowed) and, unless accept_edited, checks every file its inventory
 * lists. -ENOENT: no inventory, so no finished dump; -EBADMSG: see file and why.
 */
int image_set_open(int dirfd, struct arena *arena, bool accept_edited, struct image_set *ret);
void image_set_close(struct image_set *s);

struct image_in {
	struct image_set *set;
	char name[IMAGE_NAME_SIZE];
	const uint8_t *data;
	size_t len, pos;
};

/* -ENOENT when the set has no such file. */
int image_open(struct image_set *s, enum image_type type, uint64_t id, struct image_in *ret);
/* 1 and a message, 0 at the end, -EBADMSG for what is not one. */
int image_get(struct image_in *in, const ProtobufCMessageDescriptor *type, void *ret);
/* The next n bytes, in the set's memory. */
int image_get_raw(struct image_in *in, size_t n, const uint8_t **ret);
static inline size_t image_left(const struct image_in *in)
{
	return in->len - in->pos;
}

/* The only record of a file. -ENOENT as above; a file without a record is -EBADMSG. */
int image_read_one(struct image_set *s, enum image_type type, uint64_t id,
		   const ProtobufCMessageDescriptor *d, void *ret);

/* A raw image: an open descriptor and its size. */
int image_open_raw(struct image_set *s, enum image_type type, uint64_t id, uint64_t *size);

#endif
