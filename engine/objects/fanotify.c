// SPDX-License-Identifier: GPL-2.0-only
/*
 * fanotify(7): a group, and its marks on files, mounts and file systems. Marks are made when
 * everything else is done, so that they see nothing of it.
 *
 * A group that is asked for permission may owe somebody an answer, and nothing tells of that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/mounts.h"
#include "notify.h"

#define REPORT_FD_ERROR 0x2000 /* FAN_REPORT_FD_ERROR of 6.13 */

#define CLASSES   (FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT)
#define FID_FLAGS FAN_REPORT_DFID_NAME_TARGET
/* What only CAP_SYS_ADMIN gives a group. */
#define PRIVILEGED                                                                                 \
	(CLASSES | FAN_REPORT_TID | FAN_REPORT_PIDFD | REPORT_FD_ERROR | FAN_UNLIMITED_QUEUE |     \
	 FAN_UNLIMITED_MARKS)

#define CAP_SYS_ADMIN 21

/* What fdinfo shows of a mark, and a new one must show again. */
struct mark {
	uint64_t mflags, mask, ignored;
};

static bool scan_mark(const char *line, size_t len, struct mark *m)
{
	return notify_number(line, len, " mflags:", &m->mflags) &&
	       notify_number(line, len, " mask:", &m->mask) &&
	       notify_number(line, len, " ignored_mask:", &m->ignored);
}

/* ---- dump ---- */

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:[fanotify]");
}

static int dump_inode_mark(const struct fd_view *v, const char *line, size_t len,
			   FanotifyMarkEntry *e)
{
	FanotifyInodeMarkEntry *ie = arena_new(&v->dump->arena, FanotifyInodeMarkEntry);
	uint64_t dev;
	char what[64];

	if (!ie)
		return -ENOMEM;
	fanotify_inode_mark_entry__init(ie);
	e->type = MARK_TYPE__INODE;
	e->ie = ie;
	if (!notify_number(line, len, " ino:", &ie->i_ino) ||
	    !notify_number(line, len, " sdev:", &dev))
		return -EBADMSG;
	e->s_dev = dev;
	snprintf(what, sizeof(what), "mark on inode %ju", (uintmax_t)ie->i_ino);
	return notify_dump_file(v, line, len, what, &ie->f_handle,
				(struct notify_id){ &ie->has_file_id, &ie->file_id });
}

static int dump_mount_mark(const struct fd_view *v, const char *line, size_t len,
			   FanotifyMarkEntry *e)
{
	FanotifyMountMarkEntry *me = arena_new(&v->dump->arena, FanotifyMountMarkEntry);
	const char *place;
	uint64_t id;
	int r;

	if (!me)
		return -ENOMEM;
	fanotify_mount_mark_entry__init(me);
	e->type = MARK_TYPE__MOUNT;
	e->me = me;
	if (!notify_number(line, len, " mnt_id:", &id))
		return -EBADMSG;
	me->mnt_id = id;
	r = mounts_find(id, &place);
	if (r < 0)
		return log_refuse("%s: mark on mount %ju, which cannot be reached: %s",
				  fd_view_name(v), (uintmax_t)id, strerror(-r));
	me->path = arena_strdup(&v->dump->arena, place);
	return me->path ? 0 : -ENOMEM;
}

static int dump_filesystem_mark(const struct fd_view *v, const char *line, size_t len,
				FanotifyMarkEntry *e)
{
	_cleanup_close_ int fd = -EBADF;
	unsigned int major, minor;
	char path[PATH_MAX];
	uint64_t dev;
	int r;

	e->type = MARK_TYPE__FILESYSTEM;
	if (!notify_number(line, len, " sdev:", &dev))
		return -EBADMSG;
	e->s_dev = dev;
	/* linux/kdev_t.h */
	major = dev >> 20;
	minor = dev & 0xfffff;
	r = fd = mounts_open_device(major, minor);
	if (r >= 0)
		r = fd_path(fd, path, sizeof(path));
	if (r < 0)
		return log_refuse("%s: mark on file system %u:%u, which cannot be reached: %s",
				  fd_view_name(v), major, minor, strerror(-r));
	e->path = arena_strdup(&v->dump->arena, path);
	return e->path ? 0 : -ENOMEM;
}

static int dump_mark(const struct fd_view *v, const char *line, size_t len, FanotifyMarkEntry *e)
{
	struct mark m;
	int r;

	fanotify_mark_entry__init(e);
	if (!scan_mark(line, len, &m))
		return log_err(-EBADMSG, "%s: a mark in fdinfo", fd_view_name(v));
	e->mflags = m.mflags;
	e->mask = m.mask;
	e->ignored_mask = m.ignored;
	if (str_after(line, "fanotify ino:"))
		r = dump_inode_mark(v, line, len, e);
	else if (str_after(line, "fanotify mnt_id:"))
		r = dump_mount_mark(v, line, len, e);
	else if (str_after(line, "fanotify sdev:"))
		r = dump_filesystem_mark(v, line, len, e);
	else
		return log_refuse("%s: \"%.*s\": marks of this kind are not supported yet",
				  fd_view_name(v), (int)len, line);
	return r == -EBADMSG ? log_err(r, "%s: a mark in fdinfo", fd_view_name(v)) : r;
}

static int dump_marks(const struct fd_view *v, FanotifyFileEntry *img)
{
	const char *at = v->fdinfo, *line;
	struct arena *a = &v->dump->arena;
	size_t len, n = 0;
	int r = 0;

	while (next_line(&at, &line, &len))
		n += str_after(line, "fanotify ") ? 1 : 0;
	img->mark = arena_array(a, FanotifyMarkEntry *, n + 1);
	if (!img->mark)
		return -ENOMEM;
	for (at = v->fdinfo; r == 0 && next_line(&at, &line, &len);) {
		FanotifyMarkEntry *e;

		if (!str_after(line, "fanotify ") || str_after(line, "fanotify flags:"))
			continue;
		e = img->mark[img->n_mark] = arena_new(a, FanotifyMarkEntry);
		if (!e)
			return -ENOMEM;
		r = dump_mark(v, line, len, e);
		img->n_mark++;
	}
	return r;
}

/*
 * The kernel remembers of a group that it was made without CAP_SYS_ADMIN: then it is not told who
 * does what. Nothing shows that, but many things can only be had with the capability.
 */
static bool is_privileged(const struct fd_view *v, const FanotifyFileEntry *img)
{
	struct task *t;

	if (img->faflags & PRIVILEGED || !(img->faflags & FID_FLAGS))
		return true;
	for (size_t i = 0; i < img->n_mark; i++)
		if (img->mark[i]->type != MARK_TYPE__INODE)
			return true;
	HASH_FIND_INT(v->dump->tree.by_pid, &v->pid, t);
	return t && task_leader(t)->status.caps[PROC_CAPS_EFF] & (1ULL << CAP_SYS_ADMIN);
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	FanotifyFileEntry *img = arena_new(&v->dump->arena, FanotifyFileEntry);
	const char *group = strstr(v->fdinfo, "\nfanotify flags:");
	uint64_t flags, event_flags;
	int r;

	if (!img)
		return -ENOMEM;
	if (!group || !notify_number(group, strlen(group), " flags:", &flags) ||
	    !notify_number(group, strlen(group), " event-flags:", &event_flags))
		return log_err(-EBADMSG, "%s: no flags in fdinfo", fd_view_name(v));
	fanotify_file_entry__init(img);
	fe->ffy = img;
	img->id = fe->id;
	img->flags = v->flags & ~O_CLOEXEC;
	img->faflags = flags;
	img->evflags = event_flags;
	if (flags & CLASSES)
		return log_refuse("%s: a group that is asked for permission may owe an answer: not "
				  "supported yet",
				  fd_view_name(v));
	r = notify_refuse_events(v);
	if (r == 0)
		r = notify_done(dump_marks(v, img));
	if (r < 0)
		return r;
	if (!is_privileged(v, img))
		return log_refuse("%s: cannot tell whether the group was made with CAP_SYS_ADMIN",
				  fd_view_name(v));
	return fown_dump(v, &img->fown);
}

/* ---- restore ---- */

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

static int check(struct restore *r, struct restore_file *f)
{
	const FanotifyFileEntry *img = f->fe->ffy;
	int ret = 0;

	if (!img || !img->fown)
		return log_bad_image("files.img: fanotify %u has no content", f->id);
	if (img->faflags & CLASSES)
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

static int prepare(struct restore *r)
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
	struct mark m;
	char path[64];
	size_t len, i = 0;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", a->fd);
	r = read_file_at(AT_FDCWD, path, &text);
	for (at = text.data; r >= 0 && next_line(&at, &line, &len);) {
		if (!str_after(line, "fanotify ") || !scan_mark(line, len, &m))
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

static int arm(struct restore *r)
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

static void finish(struct restore *r, bool ok)
{
	for (; armed; armed = armed->next) {
		/* What main took away or closed since may have been seen. */
		if (ok && notify_drain(armed->fd, close_events) < 0)
			log_warn("fanotify %u: may have seen its own restore", armed->f->id);
		cleanup_close(&armed->fd);
	}
}

const struct object fanotify_object = {
	.name = "fanotify",
	.type = FD_TYPES__FANOTIFY,
	.claims = claims,
	.dump = dump,
	.dump_end = notify_dump_end,
	.check = check,
	.prepare = prepare,
	.arm = arm,
	.finish = finish,
	/* They make and take away names of files, and close what is theirs. */
	.after = LIST("regfile", "fifo", "unix"),
};
