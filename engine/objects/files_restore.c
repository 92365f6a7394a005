// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor tables, made again: each task opens what it owns, and takes the rest from the others. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "engine/restore/assume.h"
#include "engine/restore/plan.h"
#include "engine/restore/stages.h"
#include "filelock.h"
#include "files.h"

/* ---- main's part ---- */

int files_prepare(struct restore *r)
{
	const struct object *const *o = objects_in_order();
	int ret = 0;

	for (; ret == 0 && *o; o++)
		if ((*o)->prepare)
			ret = (*o)->prepare(r);
	return ret;
}

int files_arm(struct restore *r)
{
	const struct object *const *o = objects_in_order();
	int ret = 0;

	for (; ret == 0 && *o; o++)
		if ((*o)->arm)
			ret = (*o)->arm(r);
	return ret < 0 ? ret : filelock_arm(r);
}

void files_finish(struct restore *r, bool ok)
{
	const struct object *const *o = objects_in_order();
	struct restore_file *f, *next;

	HASH_ITER(hh, r->files, f, next) {
		cleanup_close(&f->main_fd);
		f->main_fd = -EBADF;
	}
	for (; *o; o++)
		if ((*o)->finish)
			(*o)->finish(r, ok);
}

/* ---- a task's part ---- */

int files_take(struct restore *r, struct restore_file *f)
{
	pid_t from = f->main_fd >= 0 ? r->main_pid : f->owner->pid;
	_cleanup_close_ int pidfd = -EBADF;
	int fd;

	if (f->main_fd < 0 && from == getpid()) {
		fd = fcntl(f->owner_fd, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? log_err(-errno, "file %u", f->id) : fd;
	}
	if (f->main_fd < 0)
		stage_await_word(r, &f->ready);
	pidfd = sys_pidfd_open(from, 0);
	if (pidfd < 0)
		return log_err(pidfd, "file %u: pidfd of task %d", f->id, from);
	fd = sys_pidfd_getfd(pidfd, f->main_fd >= 0 ? f->main_fd : f->owner_fd);
	return fd < 0 ? log_err(fd, "file %u: take it from task %d", f->id, from) : fd;
}

#define SETTABLE (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

/* The kernel remembers who set the owner, and checks that whenever it sends the signal. */
int files_set_owner(int fd, const FownEntry *e)
{
	const struct assumed who = { .uid = e->uid, .euid = e->euid };
	struct f_owner_ex owner = {
		.type = e->pid_type == 2   ? F_OWNER_PGRP
			: e->pid_type == 1 ? F_OWNER_PID
					   : F_OWNER_TID,
		.pid = (pid_t)e->pid,
	};
	int back, r = assume(&who);

	if (r == 0 && fcntl(fd, F_SETOWN_EX, &owner) < 0)
		r = -errno;
	back = assume_nobody_else();
	return r < 0 ? r : back;
}

/* F_OWNER_TID of a thread that is not the main one: it does not exist before the restorer runs. */
static bool owned_by_thread(const struct restore *r, const FownEntry *e)
{
	struct restore_task *t;
	pid_t pid = e->pid;

	HASH_FIND_INT(r->by_pid, &pid, t);
	return e->pid_type == 0 && !t;
}

int files_program(struct restore *r, struct restore_task *t, struct program *p)
{
	for (unsigned int i = 0; i < t->n_fds; i++) {
		const struct restore_file *f = t->fd[i].file;
		struct f_owner_ex owner = { F_OWNER_TID, 0 };

		if (t->fd[i].lent || f->owner != t || f->owner_fd != t->fd[i].fd ||
		    f->flags & O_PATH || !f->fown->pid || !owned_by_thread(r, f->fown))
			continue;
		owner.pid = f->fown->pid;
		program_call(p, "owner of a descriptor", SYS_fcntl, t->fd[i].fd, F_SETOWN_EX,
			     (uintptr_t)program_copy(p, &owner, sizeof(owner)));
	}
	return filelock_program(t, p);
}

/* Flags and owner, by the one task that had the file first. */
static int settle(const struct restore *r, const struct restore_file *f, int fd)
{
	int flags, err;

	if (f->flags & O_PATH)
		return 0;
	if (f->fown->pid && !owned_by_thread(r, f->fown)) {
		err = files_set_owner(fd, f->fown);
		if (err < 0)
			return log_err(err, "file %u: its owner, %u", f->id, f->fown->pid);
	}
	if (f->fown->signum && fcntl(fd, F_SETSIG, (int)f->fown->signum) < 0)
		return log_err(-errno, "file %u: its signal, %u", f->id, f->fown->signum);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return log_err(-errno, "file %u: flags", f->id);
	if (((unsigned int)flags ^ f->flags) & SETTABLE &&
	    fcntl(fd, F_SETFL, (flags & ~SETTABLE) | (int)(f->flags & SETTABLE)) < 0)
		return log_err(-errno, "file %u: flags %#o", f->id, f->flags);
	return 0;
}

/* To the number it has in the images. */
static int put_at(int fd, const struct restore_fd *to)
{
	if (fd != to->fd) {
		int r = dup3(fd, to->fd, to->cloexec ? O_CLOEXEC : 0) < 0 ? -errno : 0;

		close(fd);
		return r;
	}
	return fcntl(fd, F_SETFD, to->cloexec ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

static int open_here(struct restore *r, struct restore_task *t, const struct restore_fd *d)
{
	struct restore_file *f = d->file;
	int fd, ret;

	fd = f->main_fd >= 0 ? files_take(r, f) : f->ops->open(r, f);
	if (fd < 0)
		return fd;
	ret = put_at(fd, d);
	if (ret < 0)
		return log_err(ret, "descriptor %d", d->fd);
	stage_set_word(&f->ready);
	return 0;
}

/* The descriptor that stays besides: the log, at a number no file of the task wants. */
static int clear_table(struct restore_task *t)
{
	unsigned int at, number = files_free_number(t, &at);
	int fd = log_fd();

	if ((unsigned int)fd != number && dup3(fd, number, O_CLOEXEC) < 0)
		return log_err(-errno, "move the log to descriptor %u", number);
	log_set_fd(number);
	t->log_fd = number;
	if (syscall(SYS_close_range, number + 1, ~0U, 0) < 0 ||
	    syscall(SYS_close_range, 0, number - 1, 0) < 0)
		return log_err(-errno, "close what was inherited");
	return 0;
}

/* Another descriptor of the table for the same file, before this one? */
static const struct restore_fd *earlier(const struct restore_task *t, unsigned int i)
{
	return t->first_fd[i] == i ? NULL : &t->fd[t->first_fd[i]];
}

static int find_duplicates(struct restore_task *t)
{
	struct seen {
		struct restore_file *file;
		unsigned int first;
		UT_hash_handle hh;
	} *seen = NULL, *s, *next, *all = calloc(t->n_fds + 1, sizeof(*all));

	t->first_fd = calloc(t->n_fds + 1, sizeof(*t->first_fd));
	if (!all || !t->first_fd) {
		free(all);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < t->n_fds; i++) {
		HASH_FIND_PTR(seen, &t->fd[i].file, s);
		if (!s) {
			s = &all[i];
			s->file = t->fd[i].file;
			s->first = i;
			HASH_ADD_PTR(seen, file, s);
		}
		t->first_fd[i] = s->first;
	}
	HASH_ITER(hh, seen, s, next)
		HASH_DEL(seen, s);
	free(all);
	return 0;
}

static bool is_owner(const struct restore_task *t, const struct restore_file *f)
{
	return f->owner == t;
}

/* What another task opens comes from there. */
static int take_here(struct restore *r, const struct restore_fd *d)
{
	int fd = files_take(r, d->file);

	return fd < 0 ? fd : put_at(fd, d);
}

/*
 * A second number for a file is a dup. They rise: what is opened mostly gets the number it is to
 * have.
 */
static int fill(struct restore *r, struct restore_task *t, bool own, bool late)
{
	int ret = 0;

	for (unsigned int i = 0; ret == 0 && i < t->n_fds; i++) {
		const struct restore_fd *d = &t->fd[i], *e = earlier(t, i);

		if (is_owner(t, d->file) != own || d->file->late != late)
			continue;
		if (!e)
			ret = own ? open_here(r, t, d) : take_here(r, d);
		else if (dup3(e->fd, d->fd, d->cloexec ? O_CLOEXEC : 0) < 0)
			ret = log_err(-errno, "descriptor %d", d->fd);
	}
	return ret;
}

/*
 * Flags and owner last: nobody is to be told of what happens to a file until then. With O_ASYNC the
 * kernel keeps the number it was set by, for the signal to tell.
 */
static int connect_own(struct restore *r, struct restore_task *t)
{
	int ret = 0;

	for (unsigned int i = 0; ret == 0 && objects[i]; i++)
		if (objects[i]->join)
			ret = objects[i]->join(r, t);
	for (unsigned int i = 0; ret == 0 && i < t->n_fds; i++) {
		const struct restore_fd *d = &t->fd[i];

		if (d->fd < 0 || earlier(t, i) || !is_owner(t, d->file))
			continue;
		if (d->file->ops->connect)
			ret = d->file->ops->connect(r, d->file, d->fd);
		if (ret == 0)
			ret = settle(r, d->file, d->fd);
	}
	return ret;
}

static int make_table(struct restore *r, struct restore_task *t)
{
	int ret;

	ret = clear_table(t);
	if (ret == 0)
		ret = find_duplicates(t);
	/* First what nobody else can open, then what others have opened: nobody waits in a circle. */
	for (int late = 0; late < 2; late++) {
		if (ret == 0)
			ret = fill(r, t, true, late);
		if (ret == 0)
			ret = fill(r, t, false, late);
	}
	if (ret == 0)
		ret = connect_own(r, t);
	if (ret == 0)
		stage_set_word(&t->files_ready);
	return ret;
}

int files_restore(struct restore *r, struct restore_task *t)
{
	int ret = 0;

	if (t->files_of) {
		stage_await_word(r, &t->files_of->files_ready);
		log_set_fd(t->files_of->log_fd);
	} else {
		ret = make_table(r, t);
	}
	return ret < 0 ? ret : filelock_take(r, t);
}

int files_begin(struct restore *r, struct restore_task *t)
{
	int ret = filelock_lease(t);

	if (t->files_of)
		return ret;
	for (unsigned int i = 0; ret == 0 && i < t->n_fds; i++) {
		const struct object *ops = t->fd[i].file->ops;

		if (ops->begin && !earlier(t, i) && is_owner(t, t->fd[i].file))
			ret = ops->begin(r, t->fd[i].file, t->fd[i].fd);
	}
	return ret;
}

void files_close_lent(struct restore_task *t, struct restore_file *f)
{
	for (unsigned int i = 0; i < t->n_fds; i++)
		if (t->fd[i].lent && t->fd[i].file == f && t->fd[i].fd >= 0) {
			close(t->fd[i].fd);
			t->fd[i].fd = -1;
		}
}

void files_lent_done(const struct restore_task *t)
{
	for (unsigned int i = 0; i < t->n_fds; i++)
		if (t->fd[i].lent && t->fd[i].fd >= 0)
			close(t->fd[i].fd);
}
