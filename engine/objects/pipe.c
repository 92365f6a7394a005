// SPDX-License-Identifier: GPL-2.0-only
/* pipe(7): the ends are open files of their own; the pipe between them is told by its inode. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/arch/arch.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/objects/files.h"
#include "pipe_data.h"

/* ---- dump ---- */

/* A pipe some end of which was saved. */
struct seen {
	uint32_t id;
	int fd; /* a copy of one end */
	bool reader, writer, packets;
	char who[64]; /* the first descriptor met */
	UT_hash_handle hh;
};
static struct seen *seen;

static bool claims(const struct fd_view *v)
{
	return S_ISFIFO(v->st.st_mode) && str_after(v->link, "pipe:[");
}

static int remember(const struct fd_view *v)
{
	uint32_t id = v->st.st_ino;
	int mode = v->flags & O_ACCMODE;
	struct seen *p;

	HASH_FIND(hh, seen, &id, sizeof(id), p);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->id = id;
		snprintf(p->who, sizeof(p->who), "%s", fd_view_name(v));
		p->fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
		HASH_ADD(hh, seen, id, sizeof(p->id), p);
		if (p->fd < 0)
			return -errno;
	}
	p->reader |= mode != O_WRONLY;
	p->writer |= mode != O_RDONLY;
	p->packets |= v->flags & O_DIRECT;
	return 0;
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	PipeEntry *img = arena_new(&v->dump->arena, PipeEntry);
	int r;

	if (!img)
		return -ENOMEM;
	if (v->st.st_ino > UINT32_MAX)
		return log_refuse("%s: pipe number %ju does not fit into an image", fd_view_name(v),
				  (uintmax_t)v->st.st_ino);
	pipe_entry__init(img);
	fe->pipe = img;
	img->id = fe->id;
	img->pipe_id = v->st.st_ino;
	img->flags = v->flags;
	r = remember(v);
	if (r < 0)
		return log_err(r, "%s", fd_view_name(v));
	return fown_dump(v, &img->fown);
}

/*
 * An end that no dumped task has is either closed, which the other end shows (HUP, ERR), or held by
 * somebody who stays behind.
 */
static int refuse_outsiders(const struct seen *p)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN | POLLOUT };

	if (p->reader && p->writer)
		return 0;
	if (poll(&pfd, 1, 0) < 0)
		return log_err(-errno, "%s: poll", p->who);
	if (!(pfd.revents & (p->reader ? POLLHUP : POLLERR)))
		return log_refuse("%s: the %s end of this pipe is held outside the tree", p->who,
				  p->reader ? "writing" : "reading");
	return 0;
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
	r = image_create(&d->images, IMAGE_PIPES_DATA, 0, &img);
	HASH_ITER(hh, seen, p, next) {
		if (r == 0)
			r = refuse_outsiders(p);
		if (r == 0)
			r = pipe_data_dump(&img, p->id, p->fd, p->packets, p->who);
	}
	forget();
	return r < 0 ? r : image_close(&img);
}

/* ---- restore ---- */

/* What main makes for one pipe_id: both ends, and whether a file of the images is that end. */
struct made {
	uint32_t id;
	int end[2];
	bool taken[2];
	UT_hash_handle hh;
};
static struct made *made;

static int check(struct restore *r, struct restore_file *f)
{
	const PipeEntry *img = f->fe->pipe;

	if (!img || !img->fown)
		return log_bad_image("files.img: pipe %u has no content", f->id);
	if ((img->flags & O_ACCMODE) == O_ACCMODE)
		return log_bad_image("files.img: pipe %u is open neither for reading nor writing",
				     f->id);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

extern const struct object pipe_object;

static int make(uint32_t id, struct pipe_data *data, struct made **ret)
{
	struct pipe_data *d;
	struct made *p;
	int ret_;

	HASH_FIND(hh, made, &id, sizeof(id), p);
	*ret = p;
	if (p)
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->id = id;
	if (pipe2(p->end, O_CLOEXEC) < 0) {
		ret_ = log_err(-errno, "pipe %u", id);
		free(p);
		return ret_;
	}
	HASH_ADD(hh, made, id, sizeof(p->id), p);
	*ret = p;
	HASH_FIND(hh, data, &id, sizeof(id), d);
	return d ? pipe_data_restore(d, p->end[1]) : 0;
}

/*
 * pipe2()'s own two files are no large files; an end that was opened once more through /proc is one.
 * So the first file of each end without the flag gets the original, everything else a reopened one.
 */
static int open_end(struct made *p, struct restore_file *f)
{
	const PipeEntry *img = f->fe->pipe;
	int mode = img->flags & O_ACCMODE, side = mode == O_WRONLY;
	char link[FD_LINK_SIZE];

	if (mode != O_RDWR && !p->taken[side] && !(img->flags & ARCH_LARGEFILE)) {
		f->main_fd = p->end[side];
		p->taken[side] = true;
	} else {
		f->main_fd = open(fd_link(p->end[side], link), mode | O_CLOEXEC);
		if (f->main_fd < 0)
			return log_err(-errno, "pipe %u: open it once more", p->id);
	}
	return 0;
}

static int prepare(struct restore *r)
{
	struct restore_file *f, *next;
	struct pipe_data *data;
	struct made *p;
	int ret;

	ret = pipe_data_read(r, IMAGE_PIPES_DATA, &data);
	HASH_ITER(hh, r->files, f, next) {
		if (ret < 0)
			return ret;
		if (f->ops != &pipe_object)
			continue;
		ret = make(f->fe->pipe->pipe_id, data, &p);
		if (ret == 0)
			ret = open_end(p, f);
	}
	return ret;
}

static void finish(struct restore *r, bool ok)
{
	struct made *p, *next;

	HASH_ITER(hh, made, p, next) {
		HASH_DEL(made, p);
		for (int i = 0; i < 2; i++)
			if (!p->taken[i])
				cleanup_close(&p->end[i]);
		free(p);
	}
}

const struct object pipe_object = {
	.name = "pipe",
	.type = FD_TYPES__PIPE,
	.claims = claims,
	.dump = dump,
	.dump_end = dump_end,
	.check = check,
	.prepare = prepare,
	.finish = finish,
};
