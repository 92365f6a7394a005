// SPDX-License-Identifier: GPL-2.0-only
/* Fanotify groups and their marks, made again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "fanotify.h"
#include "notify.h"

extern const struct object fanotify_object;

static const char *mark_name(const struct restore_file *f, size_t i)
{
	static char name[64];

	snprintf(name, sizeof(name), "fanotify %u: mark %zu", f->id, i);
	return name;
}

static int check_mark(const struct restore *r, const struct restore_file *f, size_t i)
{
	const FanotifyMarkEntry *e = f->fe->ffy->mark[i];
	const char *path = NULL;

	if (e->mflags & ~(FAN_MARK_EVICTABLE | FAN_MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY))
		return log_bad_image("files.img: %s: flags %#x", mark_name(f, i), e->mflags);
	switch ((int)e->type) {
	case MARK_TYPE__INODE:
		if (!e->ie)
			break;
		return notify_check_file(r, e->ie->f_handle, e->ie->file_id, mark_name(f, i));
	case MARK_TYPE__MOUNT:
		path = e->me ? e->me->path : NULL;
		break;
	case MARK_TYPE__FILESYSTEM:
		path = e->path;
		break;
	}
	return path && path[0] == '/'
		       ? 0
		       : log_bad_image("files.img: %s: does not say on what", mark_name(f, i));
}

int fanotify_check(struct restore *r, struct restore_file *f)
{
	const FanotifyFileEntry *img = f->fe->ffy;
	int ret = 0;

	if (!img || !img->fown)
		return log_bad_image("files.img: fanotify %u has no content", f->id);
	if (img->faflags & FANOTIFY_CLASSES)
		return log_refuse("files.img: fanotify %u: a group that is asked for permission: "
				  "not supported yet",
				  f->id);
	for (size_t i = 0; ret == 0 && i < img->n_mark; i++)
		ret = check_mark(r, f, i);
	f->fown = img->fown;
	f->flags = img->flags;
	return ret;
}

/* Main has them all, to be the one that marks. */
struct armed {
	struct armed *next;
	struct restore_file *f;
	int fd;
};
static struct armed *armed;

int fanotify_prepare(struct restore *r)
{
	struct restore_file *f, *next;

	HASH_ITER(hh, r->files, f, next) {
		struct armed *a;

		if (f->ops != &fanotify_object)
			continue;
		a = arena_new(&r->arena, struct armed);
		if (!a)
			return -ENOMEM;
		a->f = f;
		a->next = armed;
		armed = a;
		a->fd = fanotify_init(f->fe->ffy->faflags, f->fe->ffy->evflags);
		f->main_fd = a->fd < 0 ? -EBADF : fcntl(a->fd, F_DUPFD_CLOEXEC, 0);
		if (f->main_fd < 0)
			return log_err(-errno, "fanotify %u, flags %#x", f->id,
				       f->fe->ffy->faflags);
	}
	return 0;
}

static int mark_path(int group, const FanotifyMarkEntry *e, unsigned int kind, const char *path)
{
	unsigned int flags = FAN_MARK_ADD | kind | (e->mflags & FAN_MARK_EVICTABLE);
	unsigned int ignore = e->mflags & FAN_MARK_IGNORE ? FAN_MARK_IGNORE : FAN_MARK_IGNORED_MASK;

	if (e->mask && fanotify_mark(group, flags, e->mask, AT_FDCWD, path) < 0)
		return -errno;
	if (e->ignored_mask &&
	    fanotify_mark(group, flags | ignore | (e->mflags & FAN_MARK_IGNORED_SURV_MODIFY),
			  e->ignored_mask, AT_FDCWD, path) < 0)
		return -errno;
	return 0;
}

static int make_mark(struct restore *r, const struct armed *a, size_t i)
{
	const FanotifyMarkEntry *e = a->f->fe->ffy->mark[i];
	_cleanup_close_ int fd = -EBADF;
	char link[FD_LINK_SIZE];
	int ret;

	if (e->type == MARK_TYPE__INODE) {
		fd = notify_open_file(r, e->ie->f_handle, e->s_dev, e->ie->file_id,
				      mark_name(a->f, i));
		if (fd < 0)
			return fd;
		ret = mark_path(a->fd, e, 0, fd_link(fd, link));
	} else if (e->type == MARK_TYPE__MOUNT) {
		ret = mark_path(a->fd, e, FAN_MARK_MOUNT, e->me->path);
	} else {
		ret = mark_path(a->fd, e, FAN_MARK_FILESYSTEM, e->path);
	}
	return ret < 0 ? log_err(ret, "%s", mark_name(a->f, i)) : 0;
}

/* What the kernel makes of masks and flags has changed now and then: it must be the same again. */
static int compare_marks(const struct armed *a)
{
	const FanotifyFileEntry *img = a->f->fe->ffy;
	_cleanup_buf_ struct buf text = {};
	const char *at, *line;
	struct fanotify_shown m;
	char path[64];
	size_t len, i = 0;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", a->fd);
	r = read_file_at(AT_FDCWD, path, &text);
	for (at = text.data; r >= 0 && next_line(&at, &line, &len);) {
		if (!str_after(line, "fanotify ") || !fanotify_scan_mark(line, len, &m))
			continue;
		if (i == img->n_mark || m.mflags != img->mark[i]->mflags ||
		    m.mask != img->mark[i]->mask || m.ignored != img->mark[i]->ignored_mask)
			return log_err(-ENOTSUP, "%s is not what it was", mark_name(a->f, i));
		i++;
	}
	if (r >= 0 && i != img->n_mark)
		r = -ENOENT;
	return r < 0 ? log_err(r, "%s", mark_name(a->f, i)) : 0;
}

int fanotify_arm(struct restore *r)
{
	int ret = 0;

	for (struct armed *a = armed; ret == 0 && a; a = a->next) {
		/* The kernel has the newest first. */
		for (size_t i = a->f->fe->ffy->n_mark; ret == 0 && i-- > 0;)
			ret = make_mark(r, a, i);
		if (ret == 0)
			ret = compare_marks(a);
	}
	return notify_done(ret);
}

/* Events come with descriptors of what they are about. */
static void close_events(const char *data, size_t size)
{
	const struct fanotify_event_metadata *e = (const void *)data;

	for (; FAN_EVENT_OK(e, size); e = FAN_EVENT_NEXT(e, size)) {
		const char *info = (const char *)e + e->metadata_len;
		const char *end = (const char *)e + e->event_len;

		if (e->fd >= 0)
			close(e->fd);
		while (info + sizeof(struct fanotify_event_info_header) <= end) {
			const struct fanotify_event_info_header *h = (const void *)info;
			int pidfd;

			memcpy(&pidfd, h + 1, sizeof(pidfd));
			if (h->info_type == FAN_EVENT_INFO_TYPE_PIDFD && pidfd >= 0)
				close(pidfd);
			if (!h->len)
				break;
			info += h->len;
		}
	}
}

void fanotify_finish(struct restore *r, bool ok)
{
	for (; armed; armed = armed->next) {
		/* What main took away or closed since may have been seen. */
		if (ok && notify_drain(armed->fd, close_events) < 0)
			log_warn("fanotify %u: may have seen its own restore", armed->f->id);
		cleanup_close(&armed->fd);
	}
}
