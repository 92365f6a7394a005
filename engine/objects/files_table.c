// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables saved. Descriptors are looked at some hundred at a time, which is as many copies
 * as we then have open, and by all CPUs: most of the time of a dump of many files is spent asking.
 * While some are saved, others look at the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/image/values.h"
#include "engine/kernel/syscalls.h"
#include "files_dump.h"

#define AT_ONCE 512
#define PIECE   16

/* The descriptors of a task, and what they are. */
struct numbers {
	pid_t pid;
	const struct task_fd *fd; /* rising */
	struct open_file **file;
	unsigned int n;
	UT_hash_handle hh;
};

/* Those that are looked at in one go. */
struct chunk {
	const struct fd_table *table;
	const struct task_fd *fd;
	unsigned int n;
	/* AT_ONCE of them. */
	struct fd_look *look;
	struct open_file_question *question;
};

struct tables {
	struct numbers *numbers;
	struct chunk chunk[2];
	struct fd_scratch scratch[AT_ONCE / PIECE]; /* one for each piece */
	unsigned int at_once;
};

struct fd_table {
	struct dump *dump;
	struct task *task;
	int pidfd, fdinfo; /* fdinfo of the task */
	struct numbers *numbers;
};

struct tables *tables_new(void)
{
	struct tables *all = calloc(1, sizeof(*all));
	struct rlimit limit = {};
	bool fine = all;

	if (!all)
		return NULL;
	getrlimit(RLIMIT_NOFILE, &limit);
	all->at_once = MAX(MIN(limit.rlim_cur / 8, (rlim_t)AT_ONCE), (rlim_t)PIECE);
	for (size_t i = 0; i < ARRAY_SIZE(all->scratch); i++)
		fd_scratch_init(&all->scratch[i]);
	for (size_t i = 0; i < ARRAY_SIZE(all->chunk); i++) {
		struct chunk *c = &all->chunk[i];

		c->look = calloc(AT_ONCE, sizeof(*c->look));
		c->question = calloc(AT_ONCE, sizeof(*c->question));
		fine &= c->look && c->question;
	}
	if (fine)
		return all;
	tables_free(all);
	return NULL;
}

void tables_prepare(struct tables *all, int any_fd)
{
	fd_scratch_prepare(&all->scratch[0], any_fd);
}

void tables_free(struct tables *all)
{
	struct numbers *n, *next;

	if (!all)
		return;
	HASH_ITER(hh, all->numbers, n, next) {
		HASH_DEL(all->numbers, n);
		free(n->file);
		free(n);
	}
	for (size_t i = 0; i < ARRAY_SIZE(all->chunk); i++) {
		struct chunk *c = &all->chunk[i];

		for (unsigned int k = 0; c->look && k < AT_ONCE; k++)
			fd_look_done(&c->look[k]);
		free(c->look);
		free(c->question);
	}
	for (size_t i = 0; i < ARRAY_SIZE(all->scratch); i++)
		fd_scratch_done(&all->scratch[i]);
	free(all);
}

/* ---- looking ---- */

static int look_at(const struct fd_table *t, struct fd_look *l, struct fd_scratch *s)
{
	l->copy = sys_pidfd_getfd(t->pidfd, l->fd);
	if (l->copy < 0) {
		l->failed = "cannot be fetched";
		return l->copy;
	}
	return fd_look_at(t->fdinfo, l, s);
}

static int look_at_piece(void *arg, size_t piece)
{
	const struct chunk *c = arg;
	unsigned int end = MIN((unsigned int)(piece + 1) * PIECE, c->n);
	struct fd_scratch *s = &c->table->dump->files->tables->scratch[piece];

	for (unsigned int i = piece * PIECE; i < end; i++) {
		struct fd_look *l = &c->look[i];

		l->fd = c->fd[i].number;
		l->err = look_at(c->table, l, s);
	}
	return 0;
}

/* The next chunk of the table; returns how many pieces it has. */
static size_t take_chunk(const struct fd_table *t, const struct task_fd *fd, struct chunk *c)
{
	c->table = t;
	c->fd = fd;
	c->n = MIN(t->task->fd + t->task->n_fds - fd, (ptrdiff_t)t->dump->files->tables->at_once);
	return (c->n + PIECE - 1) / PIECE;
}

/* ---- saving ---- */

static int dump_fd(const struct fd_table *t, const struct task_fd *fd, struct fd_look *l,
		   const struct open_file_question *q, FdinfoEntry *e)
{
	struct numbers *numbers = t->numbers;
	struct open_file *f = q->answer;
	int r = files_dump_looked_at(t->dump, l, t->task->pid, NULL, q->kept ? NULL : &l->copy, f);

	if (r < 0)
		return r;
	numbers->file[numbers->n++] = f;
	e->id = f->id;
	e->type = f->type;
	e->fd = fd->number;
	e->flags = fd->cloexec ? FD_ENTRY_CLOEXEC : 0;
	return 0;
}

/* Up to the first that could not be looked at. */
static int find_chunk(struct chunk *c)
{
	const struct fd_table *t = c->table;
	size_t n = 0;
	int r;

	for (unsigned int i = 0; i < c->n; i++) {
		const struct fd_look *l = &c->look[i];

		c->question[i] = (struct open_file_question){
			.pid = t->task->pid, .fd = l->fd, .copy = l->copy, .st = &l->st
		};
		n += n == i && l->err == 0;
	}
	r = open_files_find(t->dump->files->open, c->question, n);
	return r < 0 ? log_err(r, "task %d: compare its descriptors", t->task->pid) : 0;
}

static int dump_chunk(struct chunk *c, struct image_out *img)
{
	int r = find_chunk(c);

	for (unsigned int i = 0; i < c->n; i++) {
		FdinfoEntry e = FDINFO_ENTRY__INIT;

		if (r == 0)
			r = dump_fd(c->table, &c->fd[i], &c->look[i], &c->question[i], &e);
		if (r == 0)
			r = image_put(img, &e.base);
		if (!c->question[i].kept)
			cleanup_close(&c->look[i].copy);
	}
	return r;
}

static int dump_all(const struct fd_table *t, struct image_out *img)
{
	struct chunk *now = &t->dump->files->tables->chunk[0], *next = now + 1, *done;
	int r = parallel_for(take_chunk(t, t->task->fd, now), look_at_piece, now);

	while (r == 0 && now->n) {
		size_t pieces = take_chunk(t, now->fd + now->n, next);
		struct parallel *looking = NULL;

		if (pieces) {
			looking = parallel_begin(pieces, look_at_piece, next);
			r = looking ? 0 : -ENOMEM;
		}
		if (r == 0)
			r = dump_chunk(now, img);
		if (looking)
			(void)parallel_end(looking);
		done = now;
		now = next;
		next = done;
	}
	return r;
}

static struct numbers *new_numbers(struct tables *all, const struct task *t)
{
	struct numbers *numbers = calloc(1, sizeof(*numbers));

	if (!numbers)
		return NULL;
	numbers->pid = t->pid;
	numbers->file = calloc(t->n_fds + 1, sizeof(*numbers->file));
	if (!numbers->file) {
		free(numbers);
		return NULL;
	}
	numbers->fd = t->fd;
	HASH_ADD_INT(all->numbers, pid, numbers);
	return numbers;
}

int files_dump_task(struct dump *d, struct task *t)
{
	_cleanup_image_ struct image_out img = {};
	_cleanup_close_ int pidfd = -EBADF, fdinfo = -EBADF;
	struct fd_table from = { .dump = d, .task = t };
	int r;

	if (t->shares_files)
		return 0;
	from.pidfd = pidfd = sys_pidfd_open(t->pid, 0);
	if (pidfd < 0)
		return log_err(pidfd, "task %d: pidfd_open", t->pid);
	from.fdinfo = fdinfo = openat(t->proc, "fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fdinfo < 0)
		return log_err(-errno, "task %d: fdinfo", t->pid);
	from.numbers = new_numbers(d->files->tables, t);
	if (!from.numbers)
		return -ENOMEM;
	r = image_create(&d->images, IMAGE_FDINFO, t->files_id, &img);
	if (r == 0)
		r = dump_all(&from, &img);
	return r < 0 ? r : image_close(&img);
}

/* ---- afterwards ---- */

static struct open_file *at_number(const struct numbers *numbers, int fd)
{
	unsigned int low = 0, high = numbers->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (numbers->fd[mid].number == fd)
			return numbers->file[mid];
		if (numbers->fd[mid].number < fd)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct open_file *files_by_number(const struct dump *d, pid_t pid, int fd)
{
	struct numbers *numbers;

	HASH_FIND_INT(d->files->tables->numbers, &pid, numbers);
	return numbers ? at_number(numbers, fd) : NULL;
}

int files_only_number(const struct dump *d, const struct open_file *f)
{
	struct numbers *numbers, *next;
	bool somewhere = false;

	HASH_ITER(hh, d->files->tables->numbers, numbers, next) {
		const struct open_file *there = at_number(numbers, f->fd);

		if (there && there != f)
			return -1;
		somewhere |= there == f;
	}
	return somewhere ? f->fd : -1;
}
