// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/kernel/syscalls.h"
#include "files.h"

/* One descriptor of an open file that is already in the image. */
struct known {
	pid_t pid;
	int fd;
	uint32_t id;
	FdTypes type;
};

/*
 * Open files can only be the same when their inodes are; among those kcmp's order finds the one in
 * a tree. All anonymous inodes are one inode, so that tree may be big.
 */
struct bucket {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	void *tree; /* tsearch of struct known */
	UT_hash_handle hh;
};

struct dump_files {
	struct bucket *buckets;
	FileEntry **entry;
	unsigned int n, cap;
};

static int by_open_file(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	int r = sys_kcmp_file(x->pid, x->fd, y->pid, y->fd);

	/* An error would be taken for an order: those who could cause it are held still. */
	return r == 0 ? 0 : r == 1 ? -1 : 1;
}

static struct dump_files *table(struct dump *d)
{
	if (!d->files)
		d->files = calloc(1, sizeof(*d->files));
	return d->files;
}

void files_dump_free(struct dump *d)
{
	struct bucket *b, *next;

	if (!d->files)
		return;
	HASH_ITER(hh, d->files->buckets, b, next) {
		HASH_DEL(d->files->buckets, b);
		tdestroy(b->tree, free);
		free(b);
	}
	free(d->files->entry);
	free(d->files);
	d->files = NULL;
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

const char *fd_view_name(const struct fd_view *v)
{
	static char name[64];

	if (v->fd >= 0)
		snprintf(name, sizeof(name), "task %d fd %d", v->pid, v->fd);
	else
		snprintf(name, sizeof(name), "task %d", v->pid);
	return name;
}

int fown_dump(const struct fd_view *v, FownEntry **ret)
{
	FownEntry *e = arena_new(&v->dump->arena, FownEntry);
	struct f_owner_ex owner;
	uint32_t ids[2];
	int sig;

	if (!e)
		return -ENOMEM;
	fown_entry__init(e);
	*ret = e;
	/* O_PATH descriptors have no owner. */
	if (v->flags & O_PATH)
		return 0;
	sig = fcntl(v->copy, F_GETSIG);
	if (sig < 0 || fcntl(v->copy, F_GETOWN_EX, &owner) < 0)
		return log_err(-errno, "%s: owner", fd_view_name(v));
	e->signum = sig;
	if (owner.pid == 0)
		return 0;

	/* enum pid_type of the kernel: PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID. */
	e->pid_type = owner.type == F_OWNER_PGRP ? 2 : owner.type == F_OWNER_PID ? 1 : 0;
	e->pid = owner.pid;
	/* Since 3.10, with CONFIG_CHECKPOINT_RESTORE. */
	if (fcntl(v->copy, 17 /* F_GETOWNER_UIDS */, ids) < 0)
		return log_err(-errno, "%s: credentials of its owner", fd_view_name(v));
	e->uid = ids[0];
	e->euid = ids[1];
	return 0;
}

static int fdinfo_flags(const char *fdinfo, int *flags)
{
	uint64_t v;
	int r = kv_u64(fdinfo, "flags", 8, &v);

	if (r == 0)
		*flags = v;
	return r;
}

/* An open file nobody has seen yet: finds its module, lets it fill the entry. */
static int dump_new(struct fd_view *v, struct known *k)
{
	FileEntry *fe;

	for (unsigned int i = 0; objects[i]; i++) {
		if (!objects[i]->claims(v))
			continue;
		fe = files_new_entry(v->dump, objects[i]->type);
		if (!fe)
			return -ENOMEM;
		k->id = fe->id;
		k->type = fe->type;
		return objects[i]->dump(v, fe);
	}
	return log_refuse("%s: %s: not supported yet", fd_view_name(v), v->link);
}

static int dump_unknown(struct dump *d, struct task *t, int pidfd, struct known *k,
			const struct stat *st, const char *fdinfo, int flags)
{
	_cleanup_close_ int copy = -EBADF;
	char link[PATH_MAX], path[32];
	struct fd_view v = {
		.dump = d,
		.pid = t->pid,
		.fd = k->fd,
		.st = *st,
		.link = link,
		.fdinfo = fdinfo,
		.flags = flags,
	};
	int r;

	v.copy = copy = sys_pidfd_getfd(pidfd, k->fd);
	if (copy < 0)
		return log_err(copy, "%s: cannot be fetched", fd_view_name(&v));
	snprintf(path, sizeof(path), "fd/%d", k->fd);
	r = read_link_at(t->proc, path, link, sizeof(link));
	if (r < 0)
		return log_err(r, "%s: path", fd_view_name(&v));
	return dump_new(&v, k);
}

static int dump_fd(struct dump *d, struct task *t, int pidfd, int fd, FdinfoEntry *e)
{
	static struct buf fdinfo; /* keeps its memory from one to the next */
	struct bucket *b, key;
	struct known probe = { .pid = t->pid, .fd = fd }, **at, *k;
	struct stat st;
	char path[32];
	int flags = 0, r;

	snprintf(path, sizeof(path), "fdinfo/%d", fd);
	r = read_file_at(t->proc, path, &fdinfo);
	if (r == 0)
		r = fdinfo_flags(fdinfo.data, &flags);
	snprintf(path, sizeof(path), "fd/%d", fd);
	if (r == 0 && fstatat(t->proc, path, &st, 0) < 0)
		r = -errno;
	if (r < 0)
		return log_err(r, "task %d fd %d", t->pid, fd);

	memset(&key, 0, sizeof(key));
	key.key.dev = st.st_dev;
	key.key.ino = st.st_ino;
	HASH_FIND(hh, table(d)->buckets, &key.key, sizeof(key.key), b);
	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return -ENOMEM;
		b->key = key.key;
		HASH_ADD(hh, d->files->buckets, key, sizeof(b->key), b);
	}
	at = tfind(&probe, &b->tree, by_open_file);
	if (at) {
		k = *at;
	} else {
		k = malloc(sizeof(*k));
		if (!k)
			return -ENOMEM;
		*k = probe;
		at = tsearch(k, &b->tree, by_open_file);
		if (!at) {
			free(k);
			return -ENOMEM;
		}
		r = dump_unknown(d, t, pidfd, k, &st, fdinfo.data, flags);
		if (r < 0)
			return r;
	}
	e->id = k->id;
	e->type = k->type;
	e->fd = fd;
	e->flags = flags & O_CLOEXEC ? FD_ENTRY_CLOEXEC : 0;
	return 0;
}

int files_dump_task(struct dump *d, struct task *t)
{
	_cleanup_image_ struct image_out img = {};
	_cleanup_close_ int pidfd = -EBADF;
	_cleanup_free_ int *fds = NULL;
	unsigned int n;
	int r;

	if (!table(d))
		return -ENOMEM;
	pidfd = sys_pidfd_open(t->pid, 0);
	if (pidfd < 0)
		return log_err(pidfd, "task %d: pidfd_open", t->pid);
	r = proc_fds(t->proc, &fds, &n);
	if (r < 0)
		return log_err(r, "task %d: list of descriptors", t->pid);
	r = image_create(&d->images, IMAGE_FDINFO, t->files_id, &img);
	for (unsigned int i = 0; r == 0 && i < n; i++) {
		FdinfoEntry e = FDINFO_ENTRY__INIT;

		r = dump_fd(d, t, pidfd, fds[i], &e);
		if (r == 0)
			r = image_put(&img, &e.base);
	}
	return r < 0 ? r : image_close(&img);
}

int files_dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	int r;

	for (unsigned int i = 0; objects[i]; i++) {
		r = objects[i]->dump_end ? objects[i]->dump_end(d) : 0;
		if (r < 0)
			return r;
	}
	r = image_create(&d->images, IMAGE_FILES, 0, &img);
	for (unsigned int i = 0; r == 0 && d->files && i < d->files->n; i++)
		r = image_put(&img, &d->files->entry[i]->base);
	return r < 0 ? r : image_close(&img);
}
