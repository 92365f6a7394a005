// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel shows locks with descriptors of the open file they were taken through. POSIX locks
 * show in the table that owns them, where they last no longer than such a descriptor. All others
 * show with every descriptor of their open file, in whatever table, and are noted once.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "filelock.h"
#include "regfile.h"

/* Whose locks have been noted. */
struct owner {
	struct {
		const struct open_file *file;
		uint64_t table; /* of POSIX locks: the files_id of the tasks; else 0 */
	} key;
	struct held_lock *first, **last;
	const char *who;
	UT_hash_handle hh;
};
static struct owner *owners;

const char *filelock_name(const FileLockEntry *e)
{
	static const char *const names[][2] = {
		[LOCK_POSIX] = { "POSIX read lock", "POSIX write lock" },
		[LOCK_FLOCK] = { "shared flock", "exclusive flock" },
		[LOCK_OFD] = { "OFD read lock", "OFD write lock" },
		[LOCK_LEASE] = { "read lease", "write lease" },
	};

	if (e->type & LEASE_BREAKING)
		return "lease that is being broken";
	return names[e->flag][e->type == F_WRLCK];
}

/* ---- lines of fdinfo ---- */

static int type_of(const char *word)
{
	return streq(word, "WRITE")   ? F_WRLCK
	       : streq(word, "READ")  ? F_RDLCK
	       : streq(word, "UNLCK") ? F_UNLCK
				      : -1;
}

static int flag_of(const char *kind, const char *mode)
{
	if (streq(kind, "LEASE"))
		return streq(mode, "ACTIVE") || streq(mode, "BREAKING") ? LOCK_LEASE : 0;
	if (!streq(mode, "ADVISORY"))
		return 0;
	return streq(kind, "POSIX")    ? LOCK_POSIX
	       : streq(kind, "FLOCK")  ? LOCK_FLOCK
	       : streq(kind, "OFDLCK") ? LOCK_OFD
				       : 0;
}

/* The text of a line "lock:\t1: POSIX  ADVISORY  READ 812 fe:00:1234 0 EOF", or NULL. */
static const char *lock_text(const char *line)
{
	const char *text = str_after(line, "lock:");

	text = text ? strchr(text + 1, ':') : NULL;
	return text && text[1] == ' ' ? text + 2 : NULL;
}

/* 0: of a kind we do not know. */
static int parse(const char *text, FileLockEntry *e, pid_t *taker)
{
	char kind[8], mode[10], type[6], end[24];
	int64_t last;

	if (sscanf(text, "%7s %9s %5s %d %*s %" SCNd64 " %23s", kind, mode, type, taker, &e->start,
		   end) != 6)
		return -EBADMSG;
	e->flag = flag_of(kind, mode);
	if (!e->flag || type_of(type) < 0)
		return 0;
	e->type = type_of(type) | (streq(mode, "BREAKING") ? LEASE_BREAKING : 0);
	if (streq(end, "EOF"))
		return 1;
	if (sscanf(end, "%" SCNd64, &last) != 1)
		return -EBADMSG;
	e->len = last - e->start + 1;
	return 1;
}

/* ---- noting ---- */

static struct task *task_of(const struct dump *d, pid_t pid)
{
	struct task *t;

	HASH_FIND_INT(d->tree.by_pid, &pid, t);
	return t && !t->zombie ? t : NULL;
}

/* The owner of a line, and whether this is the first time that its open file is met with it. */
static struct owner *owner_of(const struct fd_view *v, const struct open_file *f, uint32_t table)
{
	struct arena *a = &v->dump->arena;
	struct owner *o, key;

	memset(&key, 0, sizeof(key));
	key.key.file = f;
	key.key.table = table;
	HASH_FIND(hh, owners, &key.key, sizeof(key.key), o);
	if (o)
		return o;
	o = arena_new(a, struct owner);
	if (!o)
		return NULL;
	o->key = key.key;
	o->last = &o->first;
	o->who = arena_alloc(a, strlen(fd_view_name(v)) + strlen(v->link) + 3);
	if (!o->who)
		return NULL;
	sprintf((char *)o->who, "%s: %s", fd_view_name(v), v->link);
	HASH_ADD(hh, owners, key, sizeof(o->key), o);
	return o;
}

/*
 * The kernel tells what a broken lease is to become. That it was for writing shows by another open
 * for reading being made to wait: it breaks nothing that is not being broken already.
 */
static int broken_type(const struct fd_view *v, FileLockEntry *e)
{
	_cleanup_close_ int fd = -EBADF;
	char link[FD_LINK_SIZE];

	e->has_broken_type = true;
	e->broken_type = F_WRLCK;
	if (e->type != (LEASE_BREAKING | F_UNLCK) || (v->flags & O_ACCMODE) != O_RDONLY)
		return 0;
	fd = open(fd_link(v->copy, link), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		e->broken_type = F_RDLCK;
	else if (errno != EWOULDBLOCK)
		return log_err(-errno, "%s: what lease it was", fd_view_name(v));
	return 0;
}

/* A task that has the descriptor: the one that took the lock, if that is among them. */
static pid_t holder(const struct dump *d, const struct fd_view *v, pid_t taker)
{
	const struct task *t = task_of(d, v->pid), *other = task_of(d, taker);

	return t && other && other->files_id == t->files_id ? taker : v->pid;
}

static int note(const struct fd_view *v, struct owner *o, const char *text, size_t len,
		const FileLockEntry *e, pid_t taker)
{
	struct held_lock *l = arena_new(&v->dump->arena, struct held_lock);
	char *copy = arena_alloc(&v->dump->arena, len + 1);

	if (!l || !copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	l->file = o->key.file;
	l->dev = v->st.st_dev;
	l->ino = v->st.st_ino;
	l->shown = taker;
	l->who = o->who;
	l->text = copy;
	l->img = *e;
	l->img.fd = v->fd;
	if (v->fd < 0) {
		/* Other readers want a task that exists. */
		l->img.pid = v->dump->tree.root->pid;
		l->img.has_file_id = true;
		l->img.file_id = o->key.file->id;
	} else {
		l->img.pid = holder(v->dump, v, taker);
	}
	*o->last = l;
	o->last = &l->next;
	return e->type & LEASE_BREAKING ? broken_type(v, &l->img) : 0;
}

/* A lock that is known turns up with another descriptor: it may be that of who took it. */
static void meet_again(const struct fd_view *v, struct held_lock *l)
{
	if (l->img.fd < 0 || l->img.pid == l->shown || holder(v->dump, v, l->shown) != l->shown)
		return;
	l->img.pid = l->shown;
	l->img.fd = v->fd;
}

int filelock_look(const struct fd_view *v, const struct open_file *f)
{
	const struct task *t = task_of(v->dump, v->pid);
	const char *at = v->fdinfo, *line, *text;
	size_t len;

	/* Each of its two owners is noted by the lines of one descriptor, or not at all. */
	struct owner *first[2] = {};
	bool known[2] = {};

	while (next_line(&at, &line, &len)) {
		FileLockEntry e = FILE_LOCK_ENTRY__INIT;
		struct owner *o;
		pid_t taker;
		bool posix;
		int r;

		text = lock_text(line);
		if (!text)
			continue;
		r = parse(text, &e, &taker);
		if (r < 0)
			return log_err(r, "%s: its locks", fd_view_name(v));
		if (r == 0)
			return log_refuse("%s: %s has a lock of a kind we do not know: %.*s",
					  fd_view_name(v), v->link, (int)(line + len - text), text);
		if (!v->dump->opts->file_locks)
			return log_refuse("%s: %s: it takes --file-locks to save its %s",
					  fd_view_name(v), v->link, filelock_name(&e));
		posix = e.flag == LOCK_POSIX && t;
		o = owner_of(v, f, posix ? t->files_id : 0);
		if (!o)
			return -ENOMEM;
		if (!first[posix]) {
			first[posix] = o;
			known[posix] = o->first;
		}
		if (!known[posix]) {
			r = note(v, o, text, line + len - text, &e, taker);
			if (r < 0)
				return r;
		}
	}
	for (struct held_lock *l = known[0] ? first[0]->first : NULL; l; l = l->next)
		meet_again(v, l);
	return 0;
}

/* ---- at the end ---- */

/* What is open for reading besides, at restore, is in the way of a lease for writing. */
static int check_lease(const struct held_lock *l)
{
	bool writes = (l->img.has_broken_type ? l->img.broken_type : l->img.type) == F_WRLCK;

	if (l->img.flag != LOCK_LEASE)
		return 0;
	if (l->img.fd < 0 && l->img.type & LEASE_BREAKING)
		return log_refuse("%s: a lease that is being broken, and no descriptor of it",
				  l->who);
	if (writes && file_is_extra(l->dev, l->ino))
		return log_refuse("%s: it is mapped, and leased for writing: not supported yet",
				  l->who);
	return 0;
}

/* Who took it and has no descriptor of it can still be who takes it again. */
static void find_taker(const struct dump *d, struct held_lock *l)
{
	if (l->img.flag == LOCK_POSIX || l->img.flag == LOCK_LEASE || l->shown == l->img.pid ||
	    !task_of(d, l->shown))
		return;
	l->img.has_taker = true;
	l->img.taker = l->shown;
}

static int check_all(struct dump *d)
{
	struct held_lock *by_text = NULL, *same;
	struct owner *o, *next;
	int r = 0;

	HASH_ITER(hh, owners, o, next) {
		for (struct held_lock *l = o->first; r == 0 && l; l = l->next) {
			r = check_lease(l);
			if (r == 0)
				r = filelock_refuse_sharer(d, l);
			find_taker(d, l);
			/* Two OFD locks may look the same; who waits for one waits for both. */
			HASH_FIND_STR(by_text, l->text, same);
			if (!same)
				HASH_ADD_KEYPTR(hh, by_text, l->text, strlen(l->text), l);
		}
	}
	if (r == 0)
		r = filelock_refuse_waiters(d, by_text);
	HASH_CLEAR(hh, by_text);
	return r;
}

int filelock_dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	struct owner *o, *next;
	int r;

	if (!owners)
		return 0;
	r = check_all(d);
	if (r == 0)
		r = image_create(&d->images, IMAGE_FILE_LOCKS, 0, &img);
	HASH_ITER(hh, owners, o, next) {
		for (struct held_lock *l = o->first; r == 0 && l; l = l->next)
			r = image_put(&img, &l->img.base);
		HASH_DEL(owners, o);
	}
	return r < 0 ? r : image_close(&img);
}
