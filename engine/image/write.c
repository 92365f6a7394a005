// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/crc32c.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "format.h"
#include "writer.h"

/*
 * Where a directory already holds a finished set, the new one is made beside it: a dump that fails
 * must not cost the older one.
 */
#define STAGING ".staging"

static int failed(struct image_dir *d, const char *name, int r)
{
	if (!d->failed[0])
		snprintf(d->failed, sizeof(d->failed), "%s", name);
	return r;
}

/* What a dump that was killed has left there is of no use to anybody. */
static int drop_staging(int dirfd)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int fd = openat(dirfd, STAGING, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (!d) {
		cleanup_close(&fd);
		return -errno;
	}
	while ((e = readdir(d)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, "..") &&
		    unlinkat(fd, e->d_name, 0) < 0)
			return -errno;
	return unlinkat(dirfd, STAGING, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int image_dir_begin(int dirfd, struct image_dir *ret)
{
	struct image_dir d = { .fd = dirfd, .final_fd = dirfd };
	char name[IMAGE_NAME_SIZE];
	int r = drop_staging(dirfd);

	if (r < 0)
		return r;
	if (faccessat(dirfd, image_name(IMAGE_INVENTORY, 0, name), F_OK, 0) == 0) {
		if (mkdirat(dirfd, STAGING, 0700) < 0)
			return -errno;
		d.fd = openat(dirfd, STAGING, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (d.fd < 0)
			return -errno;
	}
	d.writer = image_writer_new(d.fd);
	if (!d.writer)
		return -ENOMEM;
	*ret = d;
	return 0;
}

static void staging_end(struct image_dir *d)
{
	if (d->fd == d->final_fd)
		return;
	close(d->fd);
	unlinkat(d->final_fd, STAGING, AT_REMOVEDIR);
	d->fd = d->final_fd;
}

static void forget(struct image_dir *d)
{
	free(d->file);
	d->file = NULL;
	d->n = d->cap = 0;
}

/* What the writer made of a file; the first failure is the set's. */
struct outcome {
	struct image_dir *dir;
	int err;
};

static void take_written(void *arg, const struct image_written *w)
{
	struct outcome *o = arg;
	struct image_file *f = &o->dir->file[w->index];

	f->size = w->size;
	f->crc = w->crc;
	if (w->err < 0 && o->err == 0)
		o->err = failed(o->dir, f->name, w->err);
}

static int await_writer(struct image_dir *d)
{
	struct outcome o = { .dir = d };

	image_writer_end(d->writer, take_written, &o);
	d->writer = NULL;
	return o.err;
}

void image_dir_abort(struct image_dir *d)
{
	(void)await_writer(d);
	for (unsigned int i = 0; i < d->n; i++)
		if (d->file[i].name[0])
			unlinkat(d->fd, d->file[i].name, 0);
	staging_end(d);
	forget(d);
}

/* A file is remembered from before it exists, so that an abort finds it. */
static int remember(struct image_dir *d, const char *name, unsigned int *index)
{
	if (d->n == d->cap) {
		unsigned int cap = MAX(d->cap * 2, 64U);
		struct image_file *file = realloc(d->file, cap * sizeof(*file));

		if (!file)
			return -ENOMEM;
		d->file = file;
		d->cap = cap;
	}
	*index = d->n++;
	d->file[*index] = (struct image_file){};
	snprintf(d->file[*index].name, sizeof(d->file[*index].name), "%s", name);
	return 0;
}

static int create(struct image_dir *d, const char *name, unsigned int *index)
{
	int fd, r;

	r = remember(d, name, index);
	if (r < 0)
		return r;
	fd = openat(d->fd, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? failed(d, name, -errno) : fd;
}

int image_create_raw(struct image_dir *d, enum image_type type, uint64_t id, unsigned int *index)
{
	char name[IMAGE_NAME_SIZE];

	return create(d, image_name(type, id, name), index);
}

void image_raw_done(struct image_dir *d, unsigned int index, uint64_t size, uint32_t crc)
{
	d->file[index].size = size;
	d->file[index].crc = crc;
}

void image_raw_unused(struct image_dir *d, unsigned int index)
{
	unlinkat(d->fd, d->file[index].name, 0);
	d->file[index].name[0] = '\0';
}

static int put_magic(struct buf *b, enum image_type type)
{
	uint32_t magic[2];
	unsigned int n = image_magics(type, magic);

	return buf_append(b, magic, n * sizeof(magic[0]));
}

static int put_record(struct buf *b, const ProtobufCMessage *msg)
{
	size_t n = protobuf_c_message_get_packed_size(msg);
	uint32_t len = n;
	int r;

	if (n > UINT32_MAX)
		return -EFBIG;
	r = buf_append(b, &len, sizeof(len));
	if (r == 0)
		r = buf_reserve(b, n);
	if (r < 0)
		return r;
	protobuf_c_message_pack(msg, (uint8_t *)b->data + b->len);
	b->len += n;
	return 0;
}

#define FLUSH_AT (1UL << 20)

int image_create(struct image_dir *d, enum image_type type, uint64_t id, struct image_out *ret)
{
	*ret = (struct image_out){ .dir = d, .fd = -EBADF };
	image_name(type, id, ret->name);
	return put_magic(&ret->b, type);
}

static int flush(struct image_out *o)
{
	int r;

	if (o->fd < 0) {
		o->fd = create(o->dir, o->name, &o->index);
		if (o->fd < 0)
			return o->fd;
	}
	r = write_full(o->fd, o->b.data, o->b.len);
	if (r < 0)
		return failed(o->dir, o->name, r);
	o->crc = crc32c(o->crc, o->b.data, o->b.len);
	o->size += o->b.len;
	o->b.len = 0;
	return 0;
}

int image_put(struct image_out *o, const ProtobufCMessage *msg)
{
	int r = put_record(&o->b, msg);

	return r < 0 || o->b.len < FLUSH_AT ? r : flush(o);
}

int image_put_raw(struct image_out *o, const void *data, size_t n)
{
	int r = buf_append(&o->b, data, n);

	return r < 0 || o->b.len < FLUSH_AT ? r : flush(o);
}

/* A file small enough to be here as a whole is the writer's. */
static int hand_over(struct image_out *o)
{
	unsigned int index;
	int r = remember(o->dir, o->name, &index);

	return r < 0 ? r : image_writer_add(o->dir->writer, o->name, index, &o->b);
}

int image_close(struct image_out *o)
{
	int r = o->fd < 0 ? hand_over(o) : flush(o);

	if (r == 0 && o->fd >= 0)
		image_raw_done(o->dir, o->index, o->size, o->crc);
	image_drop(o);
	return r;
}

void image_drop(struct image_out *o)
{
	buf_done(&o->b);
	if (o->dir)
		cleanup_close(&o->fd);
	*o = (struct image_out){};
}

int image_write_one(struct image_dir *d, enum image_type type, uint64_t id,
		    const ProtobufCMessage *msg)
{
	_cleanup_image_ struct image_out o = {};
	int r;

	r = image_create(d, type, id, &o);
	if (r == 0)
		r = image_put(&o, msg);
	return r < 0 ? r : image_close(&o);
}

int image_write_stats(int dirfd, enum image_type type, const ProtobufCMessage *msg)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_buf_ struct buf b = {};
	char name[IMAGE_NAME_SIZE];
	int r;

	r = put_magic(&b, type);
	if (r == 0)
		r = put_record(&b, msg);
	if (r < 0)
		return r;
	fd = openat(dirfd, image_name(type, 0, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0600);
	return fd < 0 ? -errno : write_full(fd, b.data, b.len);
}

static int pack_inventory(struct image_dir *d, InventoryEntry *inventory, struct buf *b)
{
	_cleanup_free_ ImageFile *files = NULL;
	_cleanup_free_ ImageFile **list = NULL;
	uint32_t crc;
	size_t body;
	int r;

	files = calloc(d->n + 1, sizeof(*files));
	list = calloc(d->n + 1, sizeof(*list));
	if (!files || !list)
		return -ENOMEM;
	for (unsigned int i = 0, n = 0; i < d->n; i++) {
		if (!d->file[i].name[0])
			continue;
		image_file__init(&files[i]);
		files[i].name = d->file[i].name;
		files[i].has_size = files[i].has_crc32c = true;
		files[i].size = d->file[i].size;
		files[i].crc32c = d->file[i].crc;
		list[n++] = &files[i];
		inventory->n_files = n;
	}
	inventory->files = list;
	inventory->has_self_crc32c = true;
	inventory->self_crc32c = 0;

	r = put_magic(b, IMAGE_INVENTORY);
	body = b->len + sizeof(uint32_t);
	if (r == 0)
		r = put_record(b, &inventory->base);
	inventory->files = NULL;
	inventory->n_files = 0;
	if (r < 0)
		return r;
	crc = crc32c(0, b->data + body, b->len - body - SELF_CRC_BYTES);
	memcpy(b->data + b->len - sizeof(crc), &crc, sizeof(crc));
	return 0;
}

int image_dir_commit(struct image_dir *d, InventoryEntry *inventory)
{
	static const char temporary[] = "inventory.img.new";
	_cleanup_close_ int fd = -EBADF;
	_cleanup_buf_ struct buf b = {};
	char name[IMAGE_NAME_SIZE];
	unsigned int n = d->n, index;
	int r;

	r = await_writer(d);
	if (r == 0)
		r = pack_inventory(d, inventory, &b);
	if (r < 0)
		return r;
	fd = create(d, temporary, &index);
	if (fd < 0)
		return fd;
	r = write_full(fd, b.data, b.len);
	if (r < 0)
		return failed(d, temporary, r);

	image_name(IMAGE_INVENTORY, 0, name);
	if (d->fd != d->final_fd) {
		/* From here on the older set is gone: its inventory must not vouch for new files. */
		if (unlinkat(d->final_fd, name, 0) < 0)
			return failed(d, name, -errno);
		for (unsigned int i = 0; i < n; i++)
			if (d->file[i].name[0] &&
			    renameat(d->fd, d->file[i].name, d->final_fd, d->file[i].name) < 0)
				return failed(d, d->file[i].name, -errno);
	}
	if (renameat(d->fd, temporary, d->final_fd, name) < 0)
		return failed(d, name, -errno);
	staging_end(d);
	forget(d);
	return 0;
}
