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
#include "fanotify.h"
#include "notify.h"

#define REPORT_FD_ERROR 0x2000 /* FAN_REPORT_FD_ERROR of 6.13 */

#define FID_FLAGS FAN_REPORT_DFID_NAME_TARGET
/* What only CAP_SYS_ADMIN gives a group. */
#define PRIVILEGED                                                                                 \
	(FANOTIFY_CLASSES | FAN_REPORT_TID | FAN_REPORT_PIDFD | REPORT_FD_ERROR |                  \
	 FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS)

#define CAP_SYS_ADMIN 21

bool fanotify_scan_mark(const char *line, size_t len, struct fanotify_shown *m)
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
	struct fanotify_shown m;
	int r;

	fanotify_mark_entry__init(e);
	if (!fanotify_scan_mark(line, len, &m))
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
	img->flags = v->flags;
	img->faflags = flags;
	img->evflags = event_flags;
	if (flags & FANOTIFY_CLASSES)
		return log_refuse("%s: a group that is asked for permission may owe an answer: not "
				  "supported yet",
				  fd_view_name(v));
	r = notify_refuse_events(v);
	if (r == 0)
		r = dump_marks(v, img);
	if (r == 0)
		r = notify_dump_asked(v);
	if (r < 0)
		return r;
	if (!is_privileged(v, img))
		return log_refuse("%s: cannot tell whether the group was made with CAP_SYS_ADMIN",
				  fd_view_name(v));
	return fown_dump(v, &img->fown);
}

const struct object fanotify_object = {
	.name = "fanotify",
	.type = FD_TYPES__FANOTIFY,
	.claims = claims,
	.dump = dump,
	.dump_end = notify_dump_end,
	.check = fanotify_check,
	.prepare = fanotify_prepare,
	.arm = fanotify_arm,
	.finish = fanotify_finish,
	/* They make and take away names of files, and close what is theirs. */
	.after = LIST("regfile", "fifo", "unix"),
};
