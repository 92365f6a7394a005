// SPDX-License-Identifier: GPL-2.0-only
/* Each open file saved once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/kernel/syscalls.h"
#include "filelock.h"
#include "files_dump.h"

void files_dump_free(struct dump *d)
{
	struct dump_files *f = d->files;

	if (!f)
		return;
	tables_free(f->tables);
	open_files_free(f->open);
	free(f->entry);
	free(f);
	d->files = NULL;
}

int files_dump_prepare(struct dump *d)
{
	struct dump_files *f = d->files = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->open = open_files_new();
	f->tables = tables_new();
	if (!f->open || !f->tables) {
		files_dump_free(d);
		return -ENOMEM;
	}
	tables_prepare(f->tables, d->images_fd);
	(void)objects_in_order();
	return 0;
}

FileEntry *files_new_entry(struct dump *d, FdTypes type)
{
	struct dump_files *f = d->files;
	FileEntry *fe = arena_new(&d->arena, FileEntry);

	if (!fe)
		return NULL;
	if (f->n == f->cap) {
		unsigned int cap = MAX(f->cap * 2, 64U);
		FileEntry **more = realloc(f->entry, cap * sizeof(*more));

		if (!more)
			return NULL;
		f->entry = more;
		f->cap = cap;
	}
	file_entry__init(fe);
	fe->type = type;
	f->entry[f->n++] = fe;
	fe->id = f->n;
	return fe;
}

void files_put_first(struct dump *d)
{
	struct dump_files *f = d->files;
	FileEntry *fe = f->entry[f->n - 1];

	f->entry[f->n - 1] = f->entry[f->n_first];
	f->entry[f->n_first++] = fe;
}

/* An open file nobody has seen yet: finds its module, lets it fill the entry. */
static int dump_new(const struct fd_view *v, struct open_file *f)
{
	FileEntry *fe;

	for (unsigned int i = 0; objects[i]; i++) {
		if (!objects[i]->claims(v))
			continue;
		fe = files_new_entry(v->dump, objects[i]->type);
		if (!fe)
			return -ENOMEM;
		f->id = fe->id;
		f->type = fe->type;
		return objects[i]->dump(v, fe);
	}
	return file_refuse_unknown(v);
}

int files_dump_looked_at(struct dump *d, struct fd_look *l, pid_t pid, const char *what, int *spare,
			 struct open_file *f)
{
	struct fd_view v = {
		.dump = d,
		.pid = pid,
		.fd = what ? -1 : l->fd,
		.what = what,
		.copy = l->copy,
		.spare = spare,
		.st = l->st,
		.link = l->link.data,
		.found = l->found,
		.owner = l->owner,
		.sig = l->sig,
		.fdinfo = l->fdinfo.data,
		.flags = l->flags,
	};
	int r;

	if (l->err < 0)
		return log_err(l->err, "%s: %s", fd_view_name(&v), l->failed);
	r = f->id ? 0 : dump_new(&v, f);
	return r == 0 && strstr(v.fdinfo, "\nlock:") ? filelock_look(&v, f) : r;
}

int files_dump_copy(struct dump *d, int copy, const char *what, uint32_t *id, FdTypes *type)
{
	_cleanup_free_ struct fd_look *l = calloc(1, sizeof(*l));
	struct open_file_question q = { .pid = getpid(), .fd = copy, .copy = copy };
	struct fd_scratch s;
	int r;

	if (!l)
		return -ENOMEM;
	l->fd = l->copy = copy;
	fd_scratch_init(&s);
	l->err = fd_look_at(-1, l, &s);
	fd_scratch_done(&s);
	q.st = &l->st;
	r = l->err < 0 ? 0 : open_files_find(d->files->open, &q, 1);
	r = r < 0 ? log_err(r, "%s: compare it", what)
		  : files_dump_looked_at(d, l, q.pid, what, NULL, q.answer);
	fd_look_done(l);
	if (r < 0)
		return r;
	*id = q.answer->id;
	*type = q.answer->type;
	return 0;
}

int files_find_watched(struct dump *d, const struct watched *w, struct open_file *guess,
		       struct open_file **ret)
{
	return open_files_find_watched(d->files->open, w, guess, ret);
}

int files_dump_end(struct dump *d)
{
	const struct object *const *o;
	_cleanup_image_ struct image_out img = {};
	unsigned int before;
	int r = 0;

	do {
		before = d->files->n;
		for (o = objects_in_order(); r == 0 && *o; o++)
			r = (*o)->dump_rest ? (*o)->dump_rest(d) : 0;
	} while (r == 0 && d->files->n > before);
	for (o = objects_in_order(); r == 0 && *o; o++)
		r = (*o)->dump_end ? (*o)->dump_end(d) : 0;
	if (r == 0)
		r = filelock_dump_end(d);
	if (r == 0)
		r = image_create(&d->images, IMAGE_FILES, 0, &img);
	for (unsigned int i = 0; r == 0 && i < d->files->n; i++)
		r = image_put(&img, &d->files->entry[i]->base);
	return r < 0 ? r : image_close(&img);
}
