// SPDX-License-Identifier: GPL-2.0-only
/* What images say of open files and descriptors, and which task is to open what. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/restore/plan.h"
#include "filelock.h"
#include "files.h"

#define FD_LIMIT (1 << 20) /* more than sysctl fs.nr_open allows by default */

/* Of ours among its own: the log; its program, both its directories and its /proc while it is made. */
#define SPARE_FDS 5

struct restore_file *restore_file_by_id(const struct restore *r, uint32_t id)
{
	struct restore_file *f;

	HASH_FIND(hh, r->files, &id, sizeof(id), f);
	return f;
}

static int read_files(struct restore *r)
{
	struct image_in in;
	FileEntry *fe;
	int ret;

	ret = image_open(&r->set, IMAGE_FILES, 0, &in);
	if (ret == -ENOENT)
		return log_bad_image("files.img is missing");
	while (ret >= 0 && (ret = image_get(&in, &file_entry__descriptor, &fe)) > 0) {
		struct restore_file *f;

		if (restore_file_by_id(r, fe->id))
			return log_bad_image("files.img: file %u comes twice", fe->id);
		f = arena_new(&r->arena, struct restore_file);
		if (!f)
			return -ENOMEM;
		f->id = fe->id;
		f->fe = fe;
		f->main_fd = -EBADF;
		f->ops = object_by_type(fe->type);
		HASH_ADD(hh, r->files, id, sizeof(f->id), f);
	}
	return ret < 0 ? plan_bad(r, ret) : 0;
}

static int check_files(struct restore *r)
{
	struct restore_file *f, *next;
	int ret = 0;

	HASH_ITER(hh, r->files, f, next)
		/* A kind nobody knows matters only when a descriptor leads to it. */
		if (ret == 0 && f->ops && f->ops->check)
			ret = f->ops->check(r, f);
	return ret;
}

static int by_number(const void *a, const void *b)
{
	const struct restore_fd *x = a, *y = b;

	return (x->fd > y->fd) - (x->fd < y->fd);
}

static int take_fd(struct restore *r, struct restore_task *t, const FdinfoEntry *e,
		   const char *image)
{
	struct restore_fd *fd = &t->fd[t->n_fds++];

	if (e->fd >= FD_LIMIT)
		return log_bad_image("%s: descriptor %u", image, e->fd);
	fd->fd = e->fd;
	fd->cloexec = e->flags & FD_ENTRY_CLOEXEC;
	fd->file = restore_file_by_id(r, e->id);
	if (!fd->file)
		return log_bad_image("%s: descriptor %d: there is no file %u", image, fd->fd,
				     e->id);
	if (fd->file->fe->type != e->type)
		return log_bad_image("%s: descriptor %d: file %u is of another type", image, fd->fd,
				     e->id);
	if (!fd->file->ops)
		return log_refuse("%s: descriptor %d: %s: not supported yet", image, fd->fd,
				  object_type_name(e->type));
	if (!fd->file->owner) {
		fd->file->owner = t;
		fd->file->owner_fd = fd->fd;
	}
	return 0;
}

/* A limit that cannot be raised: the task had more than that as well, or as many. */
static int check_room(const struct restore_task *t)
{
	struct rlimit l;
	unsigned int below = 0;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return log_err(-errno, "limit of open files");
	while (below < t->n_fds && (rlim_t)t->fd[below].fd < l.rlim_cur)
		below++;
	if (t->n_fds == 0 || below + SPARE_FDS <= l.rlim_cur)
		return 0;
	return log_refuse(
		"task %d: its %u descriptors, and %d that its restore needs, are more than "
		"the limit of open files, %llu",
		t->pid, t->n_fds, SPARE_FDS, (unsigned long long)l.rlim_cur);
}

static int read_fds(struct restore *r, struct restore_task *t)
{
	struct image_in in;
	FdinfoEntry *e;
	int ret;

	ret = image_open(&r->set, IMAGE_FDINFO, t->files_id, &in);
	/* Other engines write none for a task that has no descriptors. */
	if (ret == -ENOENT && !r->set.sealed)
		return 0;
	if (ret == -ENOENT)
		return log_bad_image("%s is missing", in.name);
	if (ret < 0)
		return plan_bad(r, ret);
	/* An entry takes at least 12 bytes. */
	t->cap_fds = image_left(&in) / 8 + 1;
	t->fd = arena_array(&r->arena, struct restore_fd, t->cap_fds);
	if (!t->fd)
		return -ENOMEM;
	while ((ret = image_get(&in, &fdinfo_entry__descriptor, &e)) > 0) {
		ret = take_fd(r, t, e, in.name);
		if (ret < 0)
			return ret;
	}
	if (ret < 0)
		return plan_bad(r, ret);
	qsort(t->fd, t->n_fds, sizeof(*t->fd), by_number);
	for (unsigned int i = t->n_fds; i-- > 0;) {
		if (i && t->fd[i].fd == t->fd[i - 1].fd)
			return log_bad_image("%s: descriptor %d comes twice", in.name, t->fd[i].fd);
		/* Where it opens it: the lowest. */
		if (t->fd[i].file->owner == t)
			t->fd[i].file->owner_fd = t->fd[i].fd;
	}
	return check_room(t);
}

int files_plan(struct restore *r)
{
	const struct object *const *o = objects_in_order();
	int ret = read_files(r);

	if (ret == 0)
		ret = check_files(r);
	for_each_restore_task(t, r) {
		if (ret == 0 && !t->zombie && !t->files_of)
			ret = read_fds(r, t);
	}
	for (; ret == 0 && *o; o++)
		if ((*o)->plan)
			ret = (*o)->plan(r);
	return ret < 0 ? ret : filelock_plan(r);
}

int files_free_number(const struct restore_task *t, unsigned int *at)
{
	int fd = 3;

	for (*at = 0; *at < t->n_fds && t->fd[*at].fd < 3; (*at)++)
		;
	for (; *at < t->n_fds && t->fd[*at].fd == fd; (*at)++)
		fd++;
	return fd;
}

int files_lend(struct restore *r, struct restore_task *t, struct restore_file *f)
{
	unsigned int at;
	int fd;

	if (f->owner)
		return 0;
	if (!f->ops)
		return log_refuse("files.img: file %u: %s: not supported yet", f->id,
				  object_type_name(f->fe->type));
	t = t->files_of ?: t;
	if (!t->n_fds && (t->zombie || t->helper))
		r->n_makers++;
	if (t->n_fds == t->cap_fds) {
		struct restore_fd *more;

		t->cap_fds = MAX(t->cap_fds * 2, 16U);
		more = arena_array(&r->arena, struct restore_fd, t->cap_fds);
		if (!more)
			return -ENOMEM;
		/* Who only makes files for others has had none. */
		if (t->n_fds)
			memcpy(more, t->fd, t->n_fds * sizeof(*more));
		t->fd = more;
	}
	fd = files_free_number(t, &at);
	memmove(&t->fd[at + 1], &t->fd[at], (t->n_fds - at) * sizeof(*t->fd));
	t->fd[at] = (struct restore_fd){ .fd = fd, .cloexec = true, .lent = true, .file = f };
	t->n_fds++;
	f->owner = t;
	f->owner_fd = fd;
	return 0;
}

int files_give(struct restore *r, struct restore_task *t, struct restore_file *f)
{
	if (f->owner == t)
		return 0;
	if (t->files_of)
		return log_refuse(
			"file %u was made by task %d, which shares the descriptors of task "
			"%d: not supported yet",
			f->id, t->pid, t->files_of->pid);
	for (unsigned int i = 0; i < t->n_fds; i++)
		if (t->fd[i].file == f) {
			f->owner = t;
			f->owner_fd = t->fd[i].fd;
			return 0;
		}
	f->owner = NULL;
	return files_lend(r, t, f);
}
