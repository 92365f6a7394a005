// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify(7): what it watches, and by which numbers. Watches are made when everything else is
 * done, so that they see nothing of it.
 *
 * The number the next watch would have had is not told: it is above all that are in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "notify.h"

#define SET_NEXT_WD _IOW('I', 0, int32_t) /* INOTIFY_IOC_SETNEXTWD */
#define KNOWN       (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)

/* ---- dump ---- */

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:inotify");
}

/*
 * Before, nothing does. Found out with one of our own. To close it would be to wait, with the tree
 * standing still, until the kernel is through with its watch; by our end that is long done.
 */
int inotify_flags_are_shown(void)
{
	static const uint32_t flags = IN_EXCL_UNLINK | IN_ONESHOT;
	static int shown = -1, fd = -EBADF;
	_cleanup_buf_ struct buf text = {};
	const char *at, *line;
	char path[64];
	uint64_t mask;
	size_t len;
	int r, wd;

	if (shown >= 0)
		return shown;
	if (fd < 0)
		fd = inotify_init1(IN_CLOEXEC);
	wd = fd < 0 ? -1 : inotify_add_watch(fd, "/", IN_DELETE_SELF | flags);
	if (wd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	r = read_file_at(AT_FDCWD, path, &text);
	if (r < 0)
		return r;
	shown = 0;
	for (at = text.data; next_line(&at, &line, &len);)
		if (notify_number(line, len, " mask:", &mask))
			shown = (mask & flags) == flags;
	return inotify_rm_watch(fd, wd) < 0 ? -errno : shown;
}

static int dump_watch(const struct fd_view *v, const char *line, size_t len, InotifyWdEntry *e)
{
	uint64_t wd, ino, dev, mask;
	char what[32];

	if (!notify_number(line, len, " wd:", &wd) || !notify_number(line, len, " ino:", &ino) ||
	    !notify_number(line, len, " sdev:", &dev) || !notify_number(line, len, " mask:", &mask))
		return log_err(-EBADMSG, "%s: a watch in fdinfo", fd_view_name(v));
	inotify_wd_entry__init(e);
	e->wd = wd;
	e->i_ino = ino;
	e->s_dev = dev;
	e->mask = mask;
	snprintf(what, sizeof(what), "watch %ju", (uintmax_t)wd);
	return notify_dump_file(v, line, len, what, &e->f_handle,
				(struct notify_id){ &e->has_file_id, &e->file_id });
}

static int dump_watches(const struct fd_view *v, InotifyFileEntry *img)
{
	const char *at = v->fdinfo, *line;
	struct arena *a = &v->dump->arena;
	size_t len, n = 0;
	int r = 0;

	while (next_line(&at, &line, &len))
		n += str_after(line, "inotify wd:") ? 1 : 0;
	if (n == 0)
		return 0;
	r = inotify_flags_are_shown();
	if (r == 0)
		return log_refuse("%s: this kernel cannot tell whether a watch is one-shot",
				  fd_view_name(v));
	if (r < 0)
		return log_err(r, "%s: what fdinfo shows of watches", fd_view_name(v));
	img->wd = arena_array(a, InotifyWdEntry *, n);
	if (!img->wd)
		return -ENOMEM;
	for (at = v->fdinfo, r = 0; r == 0 && next_line(&at, &line, &len);) {
		InotifyWdEntry *e;

		if (!str_after(line, "inotify wd:"))
			continue;
		e = img->wd[img->n_wd] = arena_new(a, InotifyWdEntry);
		if (!e)
			return -ENOMEM;
		r = dump_watch(v, line, len, e);
		img->n_wd++;
	}
	return r;
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	InotifyFileEntry *img = arena_new(&v->dump->arena, InotifyFileEntry);
	int r;

	if (!img)
		return -ENOMEM;
	inotify_file_entry__init(img);
	fe->ify = img;
	img->id = fe->id;
	img->flags = v->flags;
	r = notify_refuse_events(v);
	if (r == 0)
		r = dump_watches(v, img);
	if (r == 0)
		r = notify_dump_asked(v);
	return r < 0 ? r : fown_dump(v, &img->fown);
}

/* ---- restore ---- */

extern const struct object inotify_object;

static const char *watch_name(const struct restore_file *f, const InotifyWdEntry *e)
{
	static char name[64];

	snprintf(name, sizeof(name), "inotify %u: watch %u", f->id, e->wd);
	return name;
}

static int check(struct restore *r, struct restore_file *f)
{
	const InotifyFileEntry *img = f->fe->ify;
	int ret = 0;

	if (!img || !img->fown)
		return log_bad_image("files.img: inotify %u has no content", f->id);
	for (size_t i = 0; ret == 0 && i < img->n_wd; i++) {
		const InotifyWdEntry *e = img->wd[i];

		if (e->wd < 1 || e->wd > INT_MAX)
			return log_bad_image("files.img: inotify %u: watch descriptor %u", f->id,
					     e->wd);
		ret = notify_check_file(r, e->f_handle, e->file_id, watch_name(f, e));
	}
	f->fown = img->fown;
	f->flags = img->flags;
	return ret;
}

/* Main has them all, to be the one that watches. */
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

		if (f->ops != &inotify_object)
			continue;
		a = arena_new(&r->arena, struct armed);
		if (!a)
			return -ENOMEM;
		a->f = f;
		a->next = armed;
		armed = a;
		a->fd = inotify_init1(IN_CLOEXEC);
		f->main_fd = a->fd < 0 ? -EBADF : fcntl(a->fd, F_DUPFD_CLOEXEC, 0);
		if (f->main_fd < 0)
			return log_err(-errno, "inotify %u", f->id);
	}
	return 0;
}

static int set_next(int fd, const struct restore_file *f, uint32_t wd)
{
	/* The number itself, not where it lies. */
	return ioctl(fd, SET_NEXT_WD, (unsigned long)wd) < 0
		       ? log_err(-errno, "inotify %u: number %u for a watch", f->id, wd)
		       : 0;
}

static int watch(struct restore *r, const struct armed *a, const InotifyWdEntry *e)
{
	_cleanup_close_ int fd = -EBADF;
	char link[FD_LINK_SIZE];
	int wd;

	fd = notify_open_file(r, e->f_handle, e->s_dev, e->file_id, watch_name(a->f, e));
	if (fd < 0)
		return fd;
	wd = set_next(a->fd, a->f, e->wd);
	if (wd < 0)
		return wd;
	/* IN_UNMOUNT is told anyway, and never shown: a mask must not be empty. */
	wd = inotify_add_watch(a->fd, fd_link(fd, link), (e->mask & KNOWN) | IN_UNMOUNT);
	if (wd < 0)
		return log_err(-errno, "%s", watch_name(a->f, e));
	if ((uint32_t)wd != e->wd)
		return log_err(-EEXIST, "%s has got number %d", watch_name(a->f, e), wd);
	return 0;
}

static int set_last(const struct armed *a)
{
	const InotifyFileEntry *img = a->f->fe->ify;
	uint32_t last = 0;

	for (size_t i = 0; i < img->n_wd; i++)
		last = MAX(last, img->wd[i]->wd);
	return last && last < INT_MAX ? set_next(a->fd, a->f, last + 1) : 0;
}

static int arm(struct restore *r)
{
	int ret = 0;

	for (struct armed *a = armed; ret == 0 && a; a = a->next) {
		const InotifyFileEntry *img = a->f->fe->ify;

		/* The kernel has the newest first. */
		for (size_t i = img->n_wd; ret == 0 && i-- > 0;)
			ret = watch(r, a, img->wd[i]);
		if (ret == 0)
			ret = set_last(a);
	}
	return notify_done(ret);
}

/* What main took away or closed since may have been seen, and have used up one-shot watches. */
static int forget_events(struct restore *r, const struct armed *a)
{
	const InotifyFileEntry *img = a->f->fe->ify;
	int waiting, ret;

	if (ioctl(a->fd, FIONREAD, &waiting) < 0)
		return -errno;
	if (!waiting)
		return 0;
	ret = notify_drain(a->fd, NULL);
	for (size_t i = img->n_wd; ret == 0 && i-- > 0;)
		if (img->wd[i]->mask & IN_ONESHOT)
			ret = watch(r, a, img->wd[i]);
	ret = notify_done(ret);
	return ret < 0 ? ret : set_last(a);
}

static void finish(struct restore *r, bool ok)
{
	for (; armed; armed = armed->next) {
		if (ok && forget_events(r, armed) < 0)
			log_warn("inotify %u: may have seen its own restore", armed->f->id);
		cleanup_close(&armed->fd);
	}
}

const struct object inotify_object = {
	.name = "inotify",
	.type = FD_TYPES__INOTIFY,
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
