// SPDX-License-Identifier: GPL-2.0-only
#include "files_look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/kernel/procfs.h"
#include "files.h"
#include "regfile.h"

void fd_scratch_init(struct fd_scratch *s)
{
	s->spot = s->fdinfo = s->symlink = -EBADF;
	s->text = (struct buf){};
}

void fd_scratch_done(struct fd_scratch *s)
{
	cleanup_close(&s->spot);
	cleanup_close(&s->fdinfo);
	cleanup_close(&s->symlink);
	buf_done(&s->text);
}

void fd_look_done(struct fd_look *l)
{
	buf_done(&l->fdinfo);
	buf_done(&l->link);
}

static int failed(struct fd_look *l, const char *what, int err)
{
	l->failed = what;
	return err;
}

static int put_on_spot(int copy, struct fd_scratch *s)
{
	char path[64];

	if (s->spot >= 0)
		return dup3(copy, s->spot, O_CLOEXEC) < 0 ? -errno : 0;
	s->spot = fcntl(copy, F_DUPFD_CLOEXEC, 0);
	if (s->spot < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", s->spot);
	s->fdinfo = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fdinfo < 0)
		return -errno;
	s->symlink = open(fd_link(s->spot, path), O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return s->symlink < 0 ? -errno : 0;
}

void fd_scratch_prepare(struct fd_scratch *s, int any_fd)
{
	if (put_on_spot(any_fd, s) == 0 && proc_read_again(s->fdinfo, &s->text) == 0)
		return;
	fd_scratch_done(s);
	fd_scratch_init(s);
}

/*
 * Locks show with every descriptor of the open file they were taken through, but for POSIX ones: with
 * those of the table that owns them. They are in the way of one of ours, whoever has them.
 */
static bool may_have_posix_locks(int copy)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(copy, F_GETLK, &l) < 0 || l.l_type != F_UNLCK;
}

static int read_fdinfo(int fdinfo, struct fd_look *l, struct fd_scratch *s)
{
	uint64_t flags;
	char name[16];
	int r;

	r = proc_read_again(s->fdinfo, &s->text);
	if (r == 0)
		r = kv_u64(s->text.data, "flags", 8, &flags);
	if (r < 0)
		return r;
	l->flags = flags & ~O_CLOEXEC; /* our copy's */
	if (fdinfo < 0 || l->flags & O_PATH || !may_have_posix_locks(l->copy))
		return 0;
	snprintf(name, sizeof(name), "%d", l->fd);
	return proc_read_single(fdinfo, name, &s->text);
}

static int keep(struct buf *b, const char *text, size_t n)
{
	b->len = 0;
	return buf_append(b, text, n);
}

int fd_look_at(int fdinfo, struct fd_look *l, struct fd_scratch *s)
{
	int r;

	if (fstat(l->copy, &l->st) < 0)
		return failed(l, "stat", -errno);
	r = put_on_spot(l->copy, s);
	if (r == 0)
		r = read_fdinfo(fdinfo, l, s);
	if (r == 0)
		r = keep(&l->fdinfo, s->text.data, s->text.len);
	if (r < 0)
		return failed(l, "fdinfo", r);
	if (S_ISSOCK(l->st.st_mode) && !(l->flags & O_PATH)) {
		/* What it would be told. */
		snprintf(s->link, sizeof(s->link), "socket:[%ju]", (uintmax_t)l->st.st_ino);
	} else {
		r = read_link_at(s->symlink, "", s->link, sizeof(s->link));
	}
	if (r == 0)
		r = keep(&l->link, s->link, strlen(s->link));
	if (r < 0)
		return failed(l, "path", r);
	l->found = s->link[0] == '/' && path_leads_to(s->link, &l->st);
	/* O_PATH descriptors have no owner. */
	l->owner.pid = l->sig = 0;
	if (l->flags & O_PATH)
		return 0;
	l->sig = fcntl(l->copy, F_GETSIG);
	if (l->sig < 0 || fcntl(l->copy, F_GETOWN_EX, &l->owner) < 0)
		return failed(l, "owner", -errno);
	return 0;
}

/* ---- as modules see it ---- */

const char *fd_view_name(const struct fd_view *v)
{
	static char name[64];

	if (v->what)
		return v->what;
	if (v->fd >= 0)
		snprintf(name, sizeof(name), "task %d fd %d", v->pid, v->fd);
	else
		snprintf(name, sizeof(name), "task %d", v->pid);
	return name;
}

int fd_view_keep(const struct fd_view *v)
{
	int fd;

	if (v->spare)
		return TAKE_FD(*v->spare);
	fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

int fown_dump(const struct fd_view *v, FownEntry **ret)
{
	FownEntry *e = arena_new(&v->dump->arena, FownEntry);
	uint32_t ids[2];

	if (!e)
		return -ENOMEM;
	fown_entry__init(e);
	*ret = e;
	e->signum = v->sig;
	if (v->owner.pid == 0)
		return 0;

	/* enum pid_type of the kernel: PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID. */
	e->pid_type = v->owner.type == F_OWNER_PGRP ? 2 : v->owner.type == F_OWNER_PID ? 1 : 0;
	e->pid = v->owner.pid;
	/* Since 3.10, with CONFIG_CHECKPOINT_RESTORE. */
	if (fcntl(v->copy, 17 /* F_GETOWNER_UIDS */, ids) < 0)
		return log_err(-errno, "%s: credentials of its owner", fd_view_name(v));
	e->uid = ids[0];
	e->euid = ids[1];
	return 0;
}
