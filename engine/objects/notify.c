// SPDX-License-Identifier: GPL-2.0-only
/*
 * A watch holds an inode; fdinfo tells of it by a file handle, which leads to the inode whatever
 * it is called by now, for as long as that lives and its file system is mounted. Images have the
 * path as well, for other machines. Nothing here opens a file in a way that a watch could see.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/mounts.h"
#include "engine/kernel/procfs.h"
#include "notify.h"
#include "regfile.h"
#include "remap.h"

#define HANDLE_MAX   128 /* MAX_HANDLE_SZ */
#define HANDLE_WORDS 16  /* that other readers expect */

/* linux/kdev_t.h */
static unsigned int kernel_major(uint32_t dev)
{
	return dev >> 20;
}

static unsigned int kernel_minor(uint32_t dev)
{
	return dev & 0xfffff;
}

/* ---- file handles ---- */

bool notify_number(const char *line, size_t len, const char *key, uint64_t *ret)
{
	const char *at = memmem(line, len, key, strlen(key));

	if (!at)
		return false;
	at += strlen(key);
	return scan_u64(&at, 16, ret);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "fhandle-bytes:c fhandle-type:1 f_handle:0a0b..." */
static int scan_handle(struct arena *a, const char *line, size_t len, FhEntry **ret)
{
	static const char key[] = " f_handle:";
	const char *at = memmem(line, len, key, strlen(key));
	uint64_t bytes = 0, type = 0;
	FhEntry *fh = arena_new(a, FhEntry);

	if (!fh)
		return -ENOMEM;
	fh_entry__init(fh);
	*ret = fh;
	/* Some file systems have none. */
	if (!at)
		return -ENODATA;
	at += strlen(key);
	if (!notify_number(line, len, " fhandle-bytes:", &bytes) ||
	    !notify_number(line, len, " fhandle-type:", &type) || bytes > HANDLE_MAX ||
	    (size_t)(line + len - at) < 2 * bytes)
		return -EBADMSG;
	fh->bytes = bytes;
	fh->type = type;
	fh->n_handle = HANDLE_WORDS;
	fh->handle = arena_array(a, uint64_t, fh->n_handle);
	if (!fh->handle)
		return -ENOMEM;
	for (uint64_t i = 0; i < bytes; i++, at += 2) {
		int high = hex(at[0]), low = high < 0 ? -1 : hex(at[1]);

		if (low < 0)
			return -EBADMSG;
		fh->handle[i / 8] |= (uint64_t)(high << 4 | low) << i % 8 * 8;
	}
	return 0;
}

/* A place on the file system with this device number; kept, as watches come in crowds. */
static int place_on(uint32_t dev)
{
	static struct place {
		uint32_t dev;
		int fd;
	} * places;
	static size_t n;
	struct place *more;
	int fd;

	for (size_t i = 0; i < n; i++)
		if (places[i].dev == dev)
			return places[i].fd;
	fd = mounts_open_device(kernel_major(dev), kernel_minor(dev));
	if (fd < 0)
		return fd;
	more = realloc(places, (n + 1) * sizeof(*more));
	if (!more) {
		close(fd);
		return -ENOMEM;
	}
	places = more;
	places[n++] = (struct place){ dev, fd };
	return fd;
}

/*
 * The kernel wants a place on the mount: a descriptor that is open for reading, which a watch on
 * that place would tell of, or the working directory.
 */
static struct {
	int place; /* where we are */
	int home;  /* where we were */
} cwd = { -EBADF, -EBADF };

static int go_to(int place)
{
	if (cwd.home < 0)
		cwd.home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cwd.home < 0 || (cwd.place != place && fchdir(place) < 0))
		return -errno;
	cwd.place = place;
	return 0;
}

int notify_done(int r)
{
	if (cwd.home >= 0 && fchdir(cwd.home) < 0 && r == 0)
		r = log_err(-errno, "working directory");
	cleanup_close(&cwd.home);
	cwd.home = cwd.place = -EBADF;
	return r;
}

static int open_handle(uint32_t dev, const FhEntry *fh)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + HANDLE_MAX];
	} handle = { .head = { .handle_bytes = fh->bytes, .handle_type = (int)fh->type } };
	int place = place_on(dev), r = place < 0 ? place : go_to(place);

	if (r < 0)
		return r;
	memcpy(handle.head.f_handle, fh->handle, fh->bytes);
	r = open_by_handle_at(AT_FDCWD, &handle.head, O_PATH | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

/* ---- dump ---- */

static bool is_gone(const struct stat *st, const char *link)
{
	/* A directory that was removed has no other names, whatever its link count says. */
	return st->st_nlink == 0 || (S_ISDIR(st->st_mode) && str_ends_with(link, " (deleted)"));
}

/* A watched file without a name; some task must have it open. */
struct gone {
	struct gone *next;
	struct stat st;
	char *what;
	struct notify_id id;
};
static struct gone *gone;

static int note_gone(const struct fd_view *v, const struct stat *st, const char *what,
		     struct notify_id id)
{
	struct gone *g = arena_new(&v->dump->arena, struct gone);
	char text[128];

	if (!g)
		return -ENOMEM;
	snprintf(text, sizeof(text), "%s: %s", fd_view_name(v), what);
	g->what = arena_strdup(&v->dump->arena, text);
	if (!g->what)
		return -ENOMEM;
	g->st = *st;
	g->id = id;
	g->next = gone;
	gone = g;
	return 0;
}

int notify_dump_end(struct dump *d)
{
	int r = 0;

	for (; r == 0 && gone; gone = gone->next) {
		*gone->id.id = remap_dumped_ghost(&gone->st);
		*gone->id.has = true;
		if (!*gone->id.id)
			r = log_refuse("%s: its file has no name, and is open outside the tree "
				       "only",
				       gone->what);
	}
	gone = NULL;
	return r;
}

static int find_by_name(const struct fd_view *v, const char *line, size_t len, const char *what,
			FhEntry *fh)
{
	uint64_t ino = 0, dev = 0;
	const char *path;
	int r = notify_find_name(v->dump, line, len, &path);

	if (r == 0) {
		fh->path = arena_strdup(&v->dump->arena, path);
		return fh->path ? 0 : -ENOMEM;
	}
	if (r != -ENOENT)
		return log_err(r, "%s: %s: names below --irmap-scan-path", fd_view_name(v), what);
	notify_number(line, len, " ino:", &ino);
	notify_number(line, len, " sdev:", &dev);
	return log_refuse("%s: %s: no file handle leads to inode %ju of device %u:%u, and no name "
			  "below --irmap-scan-path",
			  fd_view_name(v), what, (uintmax_t)ino, kernel_major(dev),
			  kernel_minor(dev));
}

int notify_dump_file(const struct fd_view *v, const char *line, size_t len, const char *what,
		     FhEntry **ret, struct notify_id id)
{
	struct arena *a = &v->dump->arena;
	_cleanup_close_ int fd = -EBADF;
	char link[PATH_MAX];
	struct stat st;
	uint64_t ino, dev;
	int r;

	if (!notify_number(line, len, " ino:", &ino) || !notify_number(line, len, " sdev:", &dev))
		return log_err(-EBADMSG, "%s: %s", fd_view_name(v), what);
	r = scan_handle(a, line, len, ret);
	if (r == 0) {
		fd = open_handle(dev, *ret);
		r = fd < 0 ? fd : 0;
	}
	if (r == -ENODATA || r == -EOPNOTSUPP || r == -ESTALE || r == -ENOENT)
		return find_by_name(v, line, len, what, *ret);
	if (r == 0)
		r = fd_path(fd, link, sizeof(link));
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return log_err(r, "%s: %s: inode %ju of device %u:%u", fd_view_name(v), what,
			       (uintmax_t)ino, kernel_major(dev), kernel_minor(dev));
	if (is_gone(&st, link))
		return note_gone(v, &st, what, id);
	/* With a name that is not known, the handle has to do. */
	if (link[0] != '/' || !path_leads_to(link, &st))
		return 0;
	(*ret)->path = arena_strdup(a, link);
	return (*ret)->path ? 0 : -ENOMEM;
}

/* ---- restore ---- */

int notify_check_file(const struct restore *r, const FhEntry *fh, uint32_t file_id,
		      const char *what)
{
	if (!fh || fh->bytes > HANDLE_MAX || fh->bytes > 8 * fh->n_handle)
		return log_bad_image("files.img: %s: its file handle", what);
	if (fh->path && fh->path[0] != '/')
		return log_bad_image("files.img: %s: \"%s\" is no path", what, fh->path);
	if (file_id && !file_exists(r, file_id))
		return log_bad_image("files.img: %s: there is no file %u", what, file_id);
	return 0;
}

int notify_open_file(struct restore *r, const FhEntry *fh, uint32_t dev, uint32_t file_id,
		     const char *what)
{
	int fd, by_path;

	if (file_id)
		return file_open_extra(r, file_id, O_PATH, what);
	fd = open_handle(dev, fh);
	if (fd >= 0)
		return fd;
	/* Elsewhere, or after another boot, the path has to do. */
	if (!fh->path)
		return log_err(fd, "%s: its file, by handle", what);
	by_path = open(fh->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return by_path < 0 ? log_err(-errno, "%s: %s", what, fh->path) : by_path;
}
