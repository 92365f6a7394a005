// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor tables saved, and each open file once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/image/values.h"
#include "engine/kernel/syscalls.h"
#include "filelock.h"
#include "files.h"
#include "files_look.h"
#include "identity.h"

/*
 * Descriptors are looked at some hundred at a time, which is as many copies as we then have open,
 * and by all CPUs: most of the time of a dump of many files is spent asking /proc.
 */
#define AT_ONCE 512
#define PIECE   16

/* The descriptors of a table, rising. */
struct numbers {
	pid_t pid; /* the task they were looked at in */
	const struct task_fd *fd;
	struct open_file **file;
	unsigned int n;
	UT_hash_handle hh;
};

struct dump_files {
	struct open_files *open;
	struct fd_look *look;       /* AT_ONCE of them */
	struct fd_scratch *scratch; /* one for each piece */
	struct open_file_question *question;
	struct numbers *numbers;
	FileEntry **entry; /* as they are written */
	unsigned int n, cap, n_first;
};

void files_dump_free(struct dump *d)
{
	struct dump_files *f = d->files;
	struct numbers *n, *next;

	if (!f)
		return;
	HASH_ITER(hh, f->numbers, n, next) {
		HASH_DEL(f->numbers, n);
		free(n->file);
		free(n);
	}
	for (unsigned int i = 0; f->look && i < AT_ONCE; i++) {
		fd_look_done(&f->look[i]);
	}
	free(f->look);
	for (unsigned int i = 0; f->scratch && i < AT_ONCE / PIECE; i++)
		fd_scratch_done(&f->scratch[i]);
	free(f->scratch);
	free(f->question);
	open_files_free(f->open);
	free(f->entry);
	free(f);
	d->files = NULL;
}

static struct dump_files *table(struct dump *d)
{
	struct dump_files *f = d->files;

	if (f)
		return f;
	f = d->files = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->open = open_files_new();
	f->look = calloc(AT_ONCE, sizeof(*f->look));
	f->scratch = calloc(AT_ONCE / PIECE, sizeof(*f->scratch));
	f->question = calloc(AT_ONCE, sizeof(*f->question));
	for (unsigned int i = 0; f->scratch && i < AT_ONCE / PIECE; i++)
		fd_scratch_init(&f->scratch[i]);
	if (!f->open || !f->look || !f->scratch || !f->question)
		files_dump_free(d);
	return d->files;
}

int files_dump_prepare(struct dump *d)
{
	return table(d) ? 0 : -ENOMEM;
}

FileEntry *files_new_entry(struct dump *d, FdTypes type)
{
	struct dump_files *f = table(d);
	FileEntry *fe = arena_new(&d->arena, FileEntry);

	if (!f || !fe)
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

struct fd_table {
	struct dump *dump;
	struct task *task;
	int pidfd, fdinfo; /* fdinfo of the task */
	struct numbers *numbers;
	const struct task_fd *fd; /* of these, n of them are looked at */
	unsigned int n;
};

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
	const struct fd_table *t = arg;
	const struct dump_files *f = t->dump->files;
	unsigned int end = MIN((unsigned int)(piece + 1) * PIECE, t->n);

	for (unsigned int i = piece * PIECE; i < end; i++) {
		struct fd_look *l = &f->look[i];

		l->fd = t->fd[i].number;
		l->err = look_at(t, l, &f->scratch[piece]);
	}
	return 0;
}

/* Saves what was looked at, unless that has been done. spare: as in struct fd_view. */
static int dump_looked_at(struct dump *d, struct fd_look *l, pid_t pid, const char *what,
			  int *spare, struct open_file *f)
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

static int dump_fd(const struct fd_table *t, const struct task_fd *fd, struct fd_look *l,
		   const struct open_file_question *q, FdinfoEntry *e)
{
	struct numbers *numbers = t->numbers;
	struct open_file *f = q->answer;
	int r = dump_looked_at(t->dump, l, t->task->pid, NULL, q->kept ? NULL : &l->copy, f);

	if (r < 0)
		return r;
	numbers->file[numbers->n++] = f;
	e->id = f->id;
	e->type = f->type;
	e->fd = fd->number;
	e->flags = fd->cloexec ? FD_ENTRY_CLOEXEC : 0;
	return 0;
}

int files_dump_copy(struct dump *d, int copy, const char *what, uint32_t *id, FdTypes *type)
{
	_cleanup_free_ struct fd_look *l = calloc(1, sizeof(*l));
	struct dump_files *files = table(d);
	struct open_file_question q = { .pid = getpid(), .fd = copy, .copy = copy };
	struct fd_scratch s;
	int r;

	if (!l || !files)
		return -ENOMEM;
	l->fd = l->copy = copy;
	fd_scratch_init(&s);
	l->err = fd_look_at(-1, l, &s);
	fd_scratch_done(&s);
	q.st = &l->st;
	r = l->err < 0 ? 0 : open_files_find(files->open, &q, 1);
	r = r < 0 ? log_err(r, "%s: compare it", what)
		  : dump_looked_at(d, l, q.pid, what, NULL, q.answer);
	fd_look_done(l);
	if (r < 0)
		return r;
	*id = q.answer->id;
	*type = q.answer->type;
	return 0;
}

/* Up to the first that could not be looked at. */
static int find_some(const struct fd_table *t)
{
	const struct fd_look *look = t->dump->files->look;
	struct open_file_question *q = t->dump->files->question;
	size_t n = 0;
	int r;

	for (unsigned int i = 0; i < t->n; i++) {
		q[i] = (struct open_file_question){ .pid = t->task->pid,
						    .fd = look[i].fd,
						    .copy = look[i].copy,
						    .st = &look[i].st };
		n += n == i && look[i].err == 0;
	}
	r = open_files_find(t->dump->files->open, q, n);
	return r < 0 ? log_err(r, "task %d: compare its descriptors", t->task->pid) : 0;
}

static int dump_some(struct fd_table *t, struct image_out *img)
{
	struct dump_files *f = t->dump->files;
	int r = parallel_for((t->n + PIECE - 1) / PIECE, look_at_piece, t);

	if (r == 0)
		r = find_some(t);
	for (unsigned int i = 0; i < t->n; i++) {
		FdinfoEntry e = FDINFO_ENTRY__INIT;

		if (r == 0)
			r = dump_fd(t, &t->fd[i], &f->look[i], &f->question[i], &e);
		if (r == 0)
			r = image_put(img, &e.base);
		if (!f->question[i].kept)
			cleanup_close(&f->look[i].copy);
	}
	return r;
}

static struct numbers *new_numbers(struct dump_files *f, const struct task *t)
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
	HASH_ADD_INT(f->numbers, pid, numbers);
	return numbers;
}

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

	HASH_FIND_INT(d->files->numbers, &pid, numbers);
	return numbers ? at_number(numbers, fd) : NULL;
}

int files_only_number(const struct dump *d, const struct open_file *f)
{
	struct numbers *numbers, *next;
	bool somewhere = false;

	HASH_ITER(hh, d->files->numbers, numbers, next) {
		const struct open_file *there = at_number(numbers, f->fd);

		if (there && there != f)
			return -1;
		somewhere |= there == f;
	}
	return somewhere ? f->fd : -1;
}

int files_find_watched(struct dump *d, const struct watched *w, struct open_file *guess,
		       struct open_file **ret)
{
	return open_files_find_watched(d->files->open, w, guess, ret);
}

int files_dump_task(struct dump *d, struct task *t)
{
	_cleanup_image_ struct image_out img = {};
	_cleanup_close_ int pidfd = -EBADF, fdinfo = -EBADF;
	struct dump_files *f = table(d);
	struct fd_table from = { .dump = d, .task = t };
	int r;

	if (t->shares_files)
		return 0;
	if (!f)
		return -ENOMEM;
	from.pidfd = pidfd = sys_pidfd_open(t->pid, 0);
	if (pidfd < 0)
		return log_err(pidfd, "task %d: pidfd_open", t->pid);
	from.fdinfo = fdinfo = openat(t->proc, "fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fdinfo < 0)
		return log_err(-errno, "task %d: fdinfo", t->pid);
	from.numbers = new_numbers(f, t);
	if (!from.numbers)
		return -ENOMEM;
	r = image_create(&d->images, IMAGE_FDINFO, t->files_id, &img);
	for (unsigned int i = 0; r == 0 && i < t->n_fds; i += from.n) {
		from.fd = t->fd + i;
		from.n = MIN(t->n_fds - i, (unsigned int)AT_ONCE);
		r = dump_some(&from, &img);
	}
	return r < 0 ? r : image_close(&img);
}

int files_dump_end(struct dump *d)
{
	const struct object *const *o;
	_cleanup_image_ struct image_out img = {};
	unsigned int before;
	int r = 0;

	do {
		before = d->files ? d->files->n : 0;
		for (o = objects_in_order(); r == 0 && *o; o++)
			r = (*o)->dump_rest ? (*o)->dump_rest(d) : 0;
	} while (r == 0 && d->files && d->files->n > before);
	for (o = objects_in_order(); r == 0 && *o; o++)
		r = (*o)->dump_end ? (*o)->dump_end(d) : 0;
	if (r == 0)
		r = filelock_dump_end(d);
	if (r == 0)
		r = image_create(&d->images, IMAGE_FILES, 0, &img);
	for (unsigned int i = 0; r == 0 && d->files && i < d->files->n; i++)
		r = image_put(&img, &d->files->entry[i]->base);
	return r < 0 ? r : image_close(&img);
}
