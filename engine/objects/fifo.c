// SPDX-License-Identifier: GPL-2.0-only
/* fifo(7): a path like a regular file's, and the bytes that wait behind it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "pipe_data.h"
#include "regfile.h"

/* ---- dump ---- */

struct seen {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	uint32_t id; /* inode numbers repeat from file system to file system, these do not */
	int fd;
	bool packets;
	char who[64];
	UT_hash_handle hh;
};
static struct seen *seen;

static bool claims(const struct fd_view *v)
{
	return S_ISFIFO(v->st.st_mode) && v->link[0] == '/' && !(v->flags & O_PATH);
}

static int remember(const struct fd_view *v, uint32_t *id)
{
	struct seen *p, key;

	memset(&key, 0, sizeof(key));
	key.key.dev = v->st.st_dev;
	key.key.ino = v->st.st_ino;
	HASH_FIND(hh, seen, &key.key, sizeof(key.key), p);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->key = key.key;
		snprintf(p->who, sizeof(p->who), "%s", fd_view_name(v));
		p->fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
		HASH_ADD(hh, seen, key, sizeof(p->key), p);
		p->id = HASH_COUNT(seen);
		if (p->fd < 0)
			return -errno;
	}
	p->packets |= v->flags & O_DIRECT;
	*id = p->id;
	return 0;
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	FifoEntry *img = arena_new(&v->dump->arena, FifoEntry);
	FileEntry *reg = files_new_entry(v->dump, FD_TYPES__REG);
	int r;

	if (!img || !reg)
		return -ENOMEM;
	fifo_entry__init(img);
	fe->fifo = img;
	img->id = fe->id;
	img->has_regf_id = true;
	img->regf_id = reg->id;
	r = remember(v, &img->pipe_id);
	if (r < 0)
		return log_err(r, "%s", fd_view_name(v));
	return regfile_fill(v, reg->id, &reg->reg);
}

static void forget(void)
{
	struct seen *p, *next;

	HASH_ITER(hh, seen, p, next) {
		HASH_DEL(seen, p);
		cleanup_close(&p->fd);
		free(p);
	}
}

static int dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	struct seen *p, *next;
	int r = 0;

	if (!seen)
		return 0;
	r = image_create(&d->images, IMAGE_FIFO_DATA, 0, &img);
	HASH_ITER(hh, seen, p, next)
		if (r == 0)
			r = pipe_data_dump(&img, p->id, p->fd, p->packets, p->who);
	forget();
	return r < 0 ? r : image_close(&img);
}

/* ---- restore ---- */

/* A fifo that main holds open both ways, so that no task waits for the other end when it opens it. */
struct anchor {
	uint32_t id;
	int fd;
	UT_hash_handle hh;
};
static struct anchor *anchors;

extern const struct object fifo_object;

static struct restore_file *regfile_of(struct restore *r, const struct restore_file *f)
{
	return f->fe->fifo->has_regf_id ? restore_file_by_id(r, f->fe->fifo->regf_id) : NULL;
}

static int check(struct restore *r, struct restore_file *f)
{
	const struct restore_file *reg;

	if (!f->fe->fifo)
		return log_bad_image("files.img: fifo %u has no content", f->id);
	reg = regfile_of(r, f);
	if (!reg || !reg->fe->reg || !reg->fe->reg->fown)
		return log_bad_image("files.img: fifo %u has no path", f->id);
	f->fown = reg->fe->reg->fown;
	f->flags = reg->fe->reg->flags;
	return 0;
}

static int anchor(struct restore_file *reg, uint32_t id, struct pipe_data *data)
{
	const char *name = reg->fe->reg->name;
	char link[FD_LINK_SIZE];
	struct pipe_data *d;
	struct anchor *a;
	struct stat st;

	HASH_FIND(hh, anchors, &id, sizeof(id), a);
	if (a)
		return 0;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->id = id;
	a->fd = open(reg->main_fd >= 0 ? fd_link(reg->main_fd, link) : name,
		     O_RDWR | O_NONBLOCK | O_CLOEXEC);
	HASH_ADD(hh, anchors, id, sizeof(a->id), a);
	if (a->fd < 0 || fstat(a->fd, &st) < 0)
		return log_err(-errno, "fifo %s", name);
	if (!S_ISFIFO(st.st_mode))
		return log_err(-EBADF, "%s is no fifo any more", name);
	HASH_FIND(hh, data, &id, sizeof(id), d);
	return d ? pipe_data_restore(d, a->fd) : 0;
}

static int prepare(struct restore *r)
{
	struct restore_file *f, *next;
	struct pipe_data *data;
	int ret;

	ret = pipe_data_read(r, IMAGE_FIFO_DATA, &data);
	HASH_ITER(hh, r->files, f, next) {
		struct restore_file *reg;

		if (ret < 0)
			return ret;
		if (f->ops != &fifo_object)
			continue;
		reg = regfile_of(r, f);
		ret = anchor(reg, f->fe->fifo->pipe_id, data);
		if (reg->main_fd >= 0)
			f->main_fd = TAKE_FD(reg->main_fd);
	}
	return ret;
}

static int open_file(struct restore *r, struct restore_file *f)
{
	return regfile_open(r, regfile_of(r, f));
}

static void finish(struct restore *r, bool ok)
{
	struct anchor *a, *next;

	HASH_ITER(hh, anchors, a, next) {
		HASH_DEL(anchors, a);
		cleanup_close(&a->fd);
		free(a);
	}
}

const struct object fifo_object = {
	.name = "fifo",
	.type = FD_TYPES__FIFO,
	.claims = claims,
	.dump = dump,
	.dump_end = dump_end,
	.check = check,
	.prepare = prepare,
	.open = open_file,
	.finish = finish,
	.after = LIST("regfile"),
};
