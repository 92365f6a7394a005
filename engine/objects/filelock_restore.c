// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "engine/restore/plan.h"
#include "filelock.h"

/* A lock that a task takes. */
struct restore_lock {
	struct restore_lock *next;
	const FileLockEntry *e;
	struct restore_file *file;
	int fd;           /* of the task; -1: it has none */
	const char *name; /* "write lease on /path", for messages */
	int copy;         /* in main, while leases are broken */
};

/* ---- plan ---- */

static bool makes_sense(const FileLockEntry *e)
{
	switch (e->flag) {
	case LOCK_LEASE:
		if (e->has_broken_type && e->broken_type != F_RDLCK && e->broken_type != F_WRLCK)
			return false;
		if (e->type & LEASE_BREAKING)
			return e->type == (LEASE_BREAKING | F_RDLCK) ||
			       e->type == (LEASE_BREAKING | F_UNLCK);
		break;
	case LOCK_POSIX:
	case LOCK_OFD:
		if (e->start < 0 || e->len < 0 || e->len > INT64_MAX - e->start)
			return false;
		break;
	case LOCK_FLOCK:
		break;
	default:
		return false;
	}
	return e->type == F_RDLCK || e->type == F_WRLCK;
}

static struct restore_task *live_task(const struct restore *r, pid_t pid)
{
	struct restore_task *t;

	HASH_FIND_INT(r->by_pid, &pid, t);
	return t && !t->zombie && !t->helper ? t : NULL;
}

static struct restore_file *file_at(const struct restore_task *t, int fd)
{
	unsigned int low = 0, high;

	t = t->files_of ?: t;
	high = t->n_fds;
	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (t->fd[mid].fd == fd)
			return t->fd[mid].lent ? NULL : t->fd[mid].file;
		if (t->fd[mid].fd < fd)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static const char *full_name(struct restore *r, const struct restore_lock *l)
{
	const RegFileEntry *reg = l->file->fe->reg;
	const char *kind = filelock_name(l->e);
	size_t size = strlen(kind) + (reg ? strlen(reg->name) : 0) + 32;
	char *name = arena_alloc(&r->arena, size);

	if (name && reg)
		snprintf(name, size, "%s on %s", kind, reg->name);
	else if (name)
		snprintf(name, size, "%s on file %u", kind, l->file->id);
	return name;
}

static int take_entry(struct restore *r, const FileLockEntry *e)
{
	struct restore_lock *l = arena_new(&r->arena, struct restore_lock);
	struct restore_task *t = live_task(r, e->pid);

	if (!l)
		return -ENOMEM;
	if (!makes_sense(e))
		return log_bad_image("filelocks.img: a lock of kind %u, type %u, from %jd on, "
				     "%jd bytes",
				     e->flag, e->type, (intmax_t)e->start, (intmax_t)e->len);
	if (!t)
		return log_bad_image("filelocks.img: there is no task %d to have a lock", e->pid);
	l->e = e;
	l->fd = e->fd;
	l->copy = -EBADF;
	if (e->has_file_id && e->fd < 0 && e->flag != LOCK_POSIX) {
		l->file = restore_file_by_id(r, e->file_id);
		t = l->file ? l->file->owner : NULL;
		l->fd = t ? l->file->owner_fd : -1;
	} else {
		l->file = file_at(t, e->fd);
	}
	if (!l->file || !t || l->file->flags & O_PATH)
		return log_bad_image("filelocks.img: descriptor %d of task %d is nothing to lock",
				     e->fd, e->pid);
	if (e->has_taker && (e->flag == LOCK_FLOCK || e->flag == LOCK_OFD)) {
		t = live_task(r, e->taker);
		if (!t)
			return log_bad_image("filelocks.img: there is no task %d to take a lock",
					     e->taker);
		l->fd = -1;
	}
	l->name = full_name(r, l);
	if (!l->name)
		return -ENOMEM;
	/* Backwards: the kernel finds a place for a range sooner, if there is none before it. */
	l->next = t->locks;
	t->locks = l;
	t->n_posix_locks += e->flag == LOCK_POSIX;
	return 0;
}

int filelock_plan(struct restore *r)
{
	struct image_in in;
	FileLockEntry *e;
	int ret = image_open(&r->set, IMAGE_FILE_LOCKS, 0, &in);

	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &file_lock_entry__descriptor, &e)) > 0) {
		ret = take_entry(r, e);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? plan_bad(r, ret) : 0;
}

/* ---- locks ---- */

static int lock_error(const struct restore_lock *l, int err)
{
	if (err == -EAGAIN || err == -EACCES)
		return log_err(err, "%s: somebody has a lock that conflicts", l->name);
	return log_err(err, "%s", l->name);
}

static struct flock range_of(const FileLockEntry *e)
{
	return (struct flock){
		.l_type = (short)e->type, .l_whence = SEEK_SET, .l_start = e->start, .l_len = e->len
	};
}

static int take_at(const struct restore_lock *l, int fd)
{
	struct flock range = range_of(l->e);
	int r;

	if (l->e->flag == LOCK_OFD)
		r = fcntl(fd, F_OFD_SETLK, &range);
	else
		r = flock(fd, (l->e->type == F_WRLCK ? LOCK_EX : LOCK_SH) | LOCK_NB);
	return r < 0 ? lock_error(l, -errno) : 0;
}

int filelock_take(struct restore *r, const struct restore_task *t)
{
	int ret = 0;

	for (const struct restore_lock *l = t->locks; ret == 0 && l; l = l->next) {
		_cleanup_close_ int own = -EBADF;

		if (l->e->flag != LOCK_OFD && l->e->flag != LOCK_FLOCK)
			continue;
		if (l->fd < 0) {
			own = files_take(r, l->file);
			if (own < 0)
				return own;
		}
		ret = take_at(l, l->fd < 0 ? own : l->fd);
	}
	return ret;
}

unsigned int filelock_steps(const struct restore_task *t)
{
	return t->n_posix_locks;
}

int filelock_program(const struct restore_task *t, struct program *p)
{
	for (const struct restore_lock *l = t->locks; l; l = l->next) {
		struct flock range = range_of(l->e);

		if (l->e->flag == LOCK_POSIX)
			program_call(p, l->name, SYS_fcntl, l->fd, F_SETLK,
				     (uintptr_t)program_copy(p, &range, sizeof(range)));
	}
	return p->err;
}

/* ---- leases ---- */

/* Other writers leave out what a lease was that is being broken; most often this is it. */
static int first_type(const struct restore_lock *l)
{
	const FileLockEntry *e = l->e;

	if (!(e->type & LEASE_BREAKING))
		return (int)e->type;
	if (e->has_broken_type)
		return (int)e->broken_type;
	return e->type == (LEASE_BREAKING | F_UNLCK) && (l->file->flags & O_ACCMODE) == O_RDONLY
		       ? F_RDLCK
		       : F_WRLCK;
}

int filelock_lease(const struct restore_task *t)
{
	for (const struct restore_lock *l = t->locks; l; l = l->next) {
		if (l->e->flag != LOCK_LEASE)
			continue;
		if (fcntl(l->fd, F_SETLEASE, first_type(l)) < 0)
			return errno == EAGAIN
				       ? log_err(-EAGAIN, "%s: somebody has it open", l->name)
				       : log_err(-errno, "%s", l->name);
		/* Who takes a lease becomes the owner of a file that has none. */
		if (!l->file->fown->pid && fcntl(l->fd, F_SETOWN, 0) < 0)
			return log_err(-errno, "%s: no owner", l->name);
	}
	return 0;
}

static int copy_of(const struct restore_task *t, struct restore_lock *l)
{
	_cleanup_close_ int pidfd = sys_pidfd_open(t->pid, 0);

	l->copy = pidfd < 0 ? pidfd : sys_pidfd_getfd(pidfd, l->fd);
	return l->copy < 0 ? log_err(l->copy, "%s: look at it", l->name) : 0;
}

/* An opener that does not wait breaks a lease just as well. */
static int break_lease(const struct restore_lock *l)
{
	int becomes = (int)l->e->type & ~LEASE_BREAKING;
	char link[FD_LINK_SIZE];
	int fd;

	fd = open(fd_link(l->copy, link),
		  (becomes == F_RDLCK ? O_RDONLY : O_WRONLY) | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return log_err(-EEXIST, "%s: it does not break", l->name);
	}
	if (errno != EWOULDBLOCK)
		return log_err(-errno, "%s: break it", l->name);
	if (fcntl(l->copy, F_GETLEASE) != becomes)
		return log_err(-EEXIST, "%s: it breaks in another way", l->name);
	return 0;
}

#define for_each_broken(t, l, r)                                                                   \
	for_each_restore_task(t, r)                                                                \
		for (struct restore_lock *l = (t)->locks; l; l = l->next)                          \
			if (l->e->flag == LOCK_LEASE && l->e->type & LEASE_BREAKING)

/*
 * All leases on a file are broken by one opener, who has the signals sent. They were sent long ago:
 * there is no owner meanwhile.
 */
int filelock_arm(struct restore *r)
{
	int ret = 0;

	for_each_broken(t, l, r)
	{
		if (ret == 0)
			ret = copy_of(t, l);
		if (ret == 0 && fcntl(l->copy, F_SETOWN, 0) < 0)
			ret = log_err(-errno, "%s: no owner", l->name);
	}
	for_each_broken(t, l, r) if (ret == 0) ret = break_lease(l);
	for_each_broken(t, l, r)
	{
		if (ret == 0 && l->file->fown->pid)
			ret = files_set_owner(l->copy, l->file->fown);
		cleanup_close(&l->copy);
		l->copy = -EBADF;
	}
	return ret;
}
