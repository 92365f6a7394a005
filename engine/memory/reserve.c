// SPDX-License-Identifier: GPL-2.0-only
/* Files for pages, those of big tasks made before anything stands still. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/task/ahead.h"

static struct pages_file *make(struct dump *d, pid_t pid, int *err)
{
	struct dump_memory *m = memory_of(d);
	struct pages_file *f = m ? arena_new(&d->arena, struct pages_file) : NULL;

	*err = -ENOMEM;
	if (!f)
		return NULL;
	f->id = ++m->n_files;
	f->pid = pid;
	pthread_mutex_init(&f->turn, NULL);
	f->fd = *err = image_create_raw(&d->images, IMAGE_PAGES, f->id, &f->index);
	return f->fd < 0 ? NULL : f;
}

/* Whoever comes later just has no file ready. */
static int reserve(struct dump *d, const struct ahead_task *t)
{
	struct pages_file *f;
	int r;

	f = make(d, t->pid, &r);
	if (!f)
		return r;
	f->room = (struct room){ .fd = f->fd, .size = t->own_bytes };
	HASH_ADD_INT(d->memory->reserved, pid, f);
	return 0;
}

int memory_reserve(struct dump *d, const struct ahead *tree)
{
	_cleanup_free_ struct room **room = NULL;
	struct pages_file *f, *next;
	unsigned int n = 0;
	int r = 0;

	if (!room_is_memory(d->images.fd))
		return 0;
	for (size_t i = 0; r == 0 && i < tree->n; i++)
		if (tree->task[i].own_bytes >= BIG)
			r = reserve(d, &tree->task[i]);
	if (r < 0)
		return log_err(r, "images directory");
	if (!d->memory)
		return 0;
	room = calloc(HASH_COUNT(d->memory->reserved) + 1, sizeof(struct room *));
	if (!room)
		return -ENOMEM;
	HASH_ITER(hh, d->memory->reserved, f, next)
		room[n++] = &f->room;
	room_make(room, n);
	return 0;
}

int pages_file_of(struct dump *d, struct page_source *s)
{
	struct pages_file *f = NULL;
	uint64_t bytes = s->runs.pages * PAGE;
	int r;

	if (s->task)
		HASH_FIND_INT(d->memory->reserved, &s->task->pid, f);
	if (!f) {
		f = make(d, 0, &r);
		if (!f)
			return r;
	} else if (ftruncate(f->fd, bytes) < 0) {
		return -errno;
	}
	f->used = true;
	s->out = f;
	return 0;
}

void pages_files_done(struct dump *d)
{
	struct dump_memory *m = d->memory;
	struct pages_file *f, *next;

	for (unsigned int i = 0; i < m->n; i++)
		if (m->source[i]->out)
			cleanup_close(&m->source[i]->out->fd);
	HASH_ITER(hh, m->reserved, f, next) {
		HASH_DEL(m->reserved, f);
		if (f->used)
			continue;
		room_done(&f->room);
		cleanup_close(&f->fd);
		image_raw_unused(&d->images, f->index);
	}
}
