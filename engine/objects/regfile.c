// SPDX-License-Identifier: GPL-2.0-only
/* Regular files, directories, simple devices, and whatever is open by O_PATH: things with a path. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/mounts.h"
#include "engine/kernel/procfs.h"
#include "event_file.h"
#include "mqueue.h"
#include "regfile.h"
#include "remap.h"
#include "tty.h"

#ifndef F_GET_RW_HINT
#define F_GET_RW_HINT 1035
#define F_SET_RW_HINT 1036
#endif

#define MEM_MAJOR 1 /* null, zero, full, random, urandom: devices without state */

/* ---- dump ---- */

/* Opened for good it is more than its node. */
static bool has_module(const struct fd_view *v)
{
	return S_ISFIFO(v->st.st_mode) || tty_is(&v->st);
}

static bool claims(const struct fd_view *v)
{
	return v->link[0] == '/' && (v->flags & O_PATH || !has_module(v));
}

static bool stateless_device(dev_t rdev)
{
	switch (minor(rdev)) {
	case 3:
	case 5:
	case 7:
	case 8:
	case 9:
		return major(rdev) == MEM_MAJOR;
	}
	return false;
}

static int refuse_kind(const struct fd_view *v)
{
	mode_t mode = v->st.st_mode;

	if (v->flags & O_PATH || S_ISREG(mode) || S_ISDIR(mode) || S_ISFIFO(mode))
		return 0;
	if (S_ISCHR(mode) && stateless_device(v->st.st_rdev))
		return 0;
	return log_refuse("%s: %s is a device (%s %u:%u): not supported yet", fd_view_name(v),
			  v->link, S_ISCHR(mode) ? "char" : "block", major(v->st.st_rdev),
			  minor(v->st.st_rdev));
}

bool path_leads_to(const char *path, const struct stat *st)
{
	struct stat now;

	return lstat(path, &now) == 0 && now.st_dev == st->st_dev && now.st_ino == st->st_ino;
}

/* The pid whose directory of procfs this is or lies in, if the path does not lead there; else 0. */
static int dead_task(const struct fd_view *v, char path[PATH_MAX])
{
	struct statfs fs;
	uint64_t pid;

	if (fstatfs(v->copy, &fs) < 0)
		return log_err(-errno, "%s: %s", fd_view_name(v), path);
	if (fs.f_type != PROC_SUPER_MAGIC)
		return 0;
	if (str_ends_with(path, " (deleted)"))
		path[strlen(path) - strlen(" (deleted)")] = '\0';
	/* The first number on the way: procfs has none above it. */
	for (const char *p = strchr(path, '/'); p; p = strchr(p, '/')) {
		const char *end = ++p;

		if (scan_u64(&end, 10, &pid) && (*end == '/' || !*end))
			return pid;
	}
	return 0;
}

/* Files are opened before there are any threads but the main ones: not what procfs has about others. */
static int refuse_of_thread(const struct fd_view *v)
{
	const char *tid = strstr(v->link, "/task/"), *pid = tid;
	uint64_t process, thread;
	struct statfs fs;

	if (!tid)
		return 0;
	while (pid > v->link && pid[-1] != '/')
		pid--;
	tid += strlen("/task/");
	if (!scan_u64(&pid, 10, &process) || !scan_u64(&tid, 10, &thread) || process == thread ||
	    fstatfs(v->copy, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return 0;
	return log_refuse("%s: %s is about a thread: not supported yet", fd_view_name(v), v->link);
}

/*
 * A path may lead to the right file on another mount. That matters where more can be reached from it:
 * what is opened for itself is the same, and may come from before an unshare(2) of mounts.
 */
static int refuse_without_mount(const struct fd_view *v)
{
	uint64_t id;
	int r;

	if (v->found && !S_ISDIR(v->st.st_mode) && !(v->fdinfo && v->flags & O_PATH))
		return 0;
	if (v->fdinfo && kv_u64(v->fdinfo, "mnt_id", 10, &id) == 0)
		r = mounts_has(id);
	else
		r = mounts_has_file(v->copy);
	/* Before 5.8 nothing tells of a working directory. */
	if (r == -ENOTSUP && v->found)
		return 0;
	if (r < 0)
		return log_err(r, "%s: mount of %s", fd_view_name(v), v->link);
	return r ? 0 : file_refuse_without_mount(v);
}

/*
 * Sees to it that the file can be found at restore; `path` gets its name. The kernel puts
 * " (deleted)" behind names that are gone, but a file may also be called that.
 */
static int settle_path(const struct fd_view *v, uint32_t id, char path[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	bool gone = str_ends_with(v->link, deleted);
	struct statfs fs;
	int r;

	snprintf(path, PATH_MAX, "%s", v->link);
	if (str_after(path, "(unreachable)"))
		return log_refuse("%s: %s cannot be reached from here", fd_view_name(v), path);
	r = refuse_without_mount(v);
	if (r < 0)
		return r;
	if (v->found)
		return refuse_of_thread(v);

	r = dead_task(v, path);
	if (r != 0)
		return r < 0 ? r : remap_dump_proc(v, id, r);
	/* The kernel says of every name that is gone that it is; this one leads to something else. */
	if (!gone)
		return log_refuse("%s: %s is hidden by a mount", fd_view_name(v), path);
	path[strlen(path) - strlen(deleted)] = '\0';
	/* No node can be made there but by making the pty. */
	if (v->st.st_nlink == 0 && S_ISCHR(v->st.st_mode) && fstatfs(v->copy, &fs) == 0 &&
	    fs.f_type == DEVPTS_SUPER_MAGIC)
		return log_refuse("%s: %s: the node of a pty that is gone: not supported",
				  fd_view_name(v), v->link);
	/* A directory that was removed has no other names, whatever its link count says. */
	if (v->st.st_nlink == 0 || S_ISDIR(v->st.st_mode))
		return remap_dump_ghost(v, id, path);
	if (path_leads_to(path, &v->st))
		return 0;
	return remap_dump_link(v, id, path);
}

int regfile_fill_at(const struct fd_view *v, uint32_t id, const char *path, RegFileEntry **ret)
{
	struct arena *a = &v->dump->arena;
	RegFileEntry *img = arena_new(a, RegFileEntry);
	uint64_t hint;
	int r;

	if (!img)
		return -ENOMEM;
	reg_file_entry__init(img);
	*ret = img;
	/* F_NOTIFY, which nothing shows, makes whoever sets it the owner: fcntl_dirnotify(). */
	if (S_ISDIR(v->st.st_mode) && v->owner.pid)
		return log_refuse(
			"%s: %s may be watched by F_NOTIFY, which the kernel does not tell",
			fd_view_name(v), v->link);
	img->id = id;
	img->name = arena_strdup(a, path);
	if (!img->name)
		return -ENOMEM;
	img->flags = v->flags;
	if (v->fdinfo && !(v->flags & O_PATH)) {
		r = kv_u64(v->fdinfo, "pos", 10, &img->pos);
		if (r < 0)
			return log_err(r, "%s: position", fd_view_name(v));
	}
	img->has_mode = true;
	img->mode = v->st.st_mode;
	if (S_ISREG(v->st.st_mode)) {
		img->has_size = true;
		img->size = v->st.st_size;
		if (!(v->flags & O_PATH) && fcntl(v->copy, F_GET_RW_HINT, &hint) == 0 && hint) {
			img->has_rw_hint = true;
			img->rw_hint = hint;
		}
	}
	r = event_file_dump(v, img);
	return r < 0 ? r : fown_dump(v, &img->fown);
}

int regfile_fill(const struct fd_view *v, uint32_t id, RegFileEntry **ret)
{
	char path[PATH_MAX];
	int r = settle_path(v, id, path);

	return r < 0 ? r : regfile_fill_at(v, id, path, ret);
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	MqueueEntry *queue = NULL;
	int r = refuse_kind(v);

	if (r == 0)
		r = mqueue_check(v, &queue);
	if (r < 0 || !queue)
		return r < 0 ? r : regfile_fill(v, fe->id, &fe->reg);
	r = regfile_fill_at(v, fe->id, v->link, &fe->reg);
	if (r == 0)
		fe->reg->mqueue = queue;
	return r;
}

static int dump_mapped(const struct fd_view *v, int open_flags, FileEntry *fe)
{
	int r = dump(v, fe);

	if (r == 0)
		fe->reg->flags = open_flags;
	return r;
}

static int dump_end(struct dump *d)
{
	return remap_dump_end(d);
}

/* ---- restore ---- */

int regfile_open_flags(unsigned int flags)
{
	/* O_TMPFILE stays with the file it made, but would now make another one. */
	if ((flags & O_TMPFILE) == O_TMPFILE)
		flags &= ~O_TMPFILE;
	/* What open(2) would act on or refuse; F_SETFL puts the rest right afterwards. */
	flags &= ~(O_CREAT | O_EXCL | O_TRUNC | O_ASYNC);
	return flags | O_NOCTTY | O_CLOEXEC;
}

static int check(struct restore *r, struct restore_file *f)
{
	const RegFileEntry *img = f->fe->reg;

	if (!img || !img->fown || !img->name)
		return log_bad_image("files.img: regular file %u has no content", f->id);
	if (img->name[0] != '/')
		return log_bad_image("files.img: file %u: \"%s\" is no path", f->id, img->name);
	if (img->ext)
		return log_refuse("files.img: file %u (%s) belongs to a plugin", f->id, img->name);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

/* Is what the path leads to still the file that was saved? */
static int verify(const RegFileEntry *img, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return log_err(-errno, "%s", img->name);
	if (img->has_mode && (img->mode ^ st.st_mode) & S_IFMT)
		return log_err(-EBADF, "%s is another kind of file than the one that was open",
			       img->name);
	if (img->has_size && S_ISREG(st.st_mode) && (uint64_t)st.st_size != img->size)
		return log_err(-EBADF, "%s has %jd bytes now, it had %ju", img->name,
			       (intmax_t)st.st_size, (uintmax_t)img->size);
	return 0;
}

int regfile_settle(const RegFileEntry *img, int fd)
{
	mode_t type = img->mode & S_IFMT;
	int ret;

	if (img->has_rw_hint && fcntl(fd, F_SET_RW_HINT, &img->rw_hint) < 0)
		return log_err(-errno, "%s: write life hint", img->name);
	if (img->flags & O_PATH || (img->has_mode && type != S_IFREG && type != S_IFDIR))
		return 0;
	ret = event_file_restore(img, fd);
	if (ret < 0)
		return ret;
	if (img->pos && lseek(fd, img->pos, SEEK_SET) < 0)
		return log_err(-errno, "%s: position %ju", img->name, (uintmax_t)img->pos);
	return 0;
}

int regfile_open_by_path(struct restore *r, struct restore_file *f, int flags)
{
	const RegFileEntry *img = f->fe->reg;
	_cleanup_close_ int fd = -EBADF;
	int ret;

	if (f->main_fd >= 0) {
		fd = files_take(r, f);
		return fd < 0 ? fd : TAKE_FD(fd);
	}
	/* O_DIRECT of a fifo is its packet mode, which only F_SETFL sets: fcntl(2). */
	if (S_ISFIFO(img->mode))
		flags &= ~O_DIRECT;
	fd = img->mqueue ? mqueue_open(img, flags) : open(img->name, regfile_open_flags(flags));
	if (fd < 0)
		return img->mqueue ? fd : log_err(-errno, "%s", img->name);
	ret = verify(img, fd);
	return ret < 0 ? ret : TAKE_FD(fd);
}

int regfile_open(struct restore *r, struct restore_file *f)
{
	const RegFileEntry *img = f->fe->reg;
	_cleanup_close_ int fd = regfile_open_by_path(r, f, img->flags);
	int ret;

	if (fd < 0)
		return fd;
	ret = regfile_settle(img, fd);
	if (ret < 0)
		return ret;
	return TAKE_FD(fd);
}

static void finish(struct restore *r, bool ok)
{
	remap_finish(r, ok);
}

static int open_mapped(struct restore *r, struct restore_file *f, int open_flags, const char *what)
{
	char path[64];
	int fd;

	if (f->main_fd < 0)
		return regfile_open_by_path(r, f, open_flags);
	/* Main has it open with the flags of the entry: these may be others. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", r->main_pid, f->main_fd);
	fd = open(path, open_flags | O_CLOEXEC);
	return fd < 0 ? log_err(-errno, "%s: file %u", what, f->id) : fd;
}

const struct object regfile_object = {
	.name = "regfile",
	.type = FD_TYPES__REG,
	.claims = claims,
	.dump = dump,
	.dump_mapped = dump_mapped,
	.dump_end = dump_end,
	.check = check,
	.prepare = remap_prepare,
	.open = regfile_open,
	.open_mapped = open_mapped,
	.finish = finish,
};
