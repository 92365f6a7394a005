// SPDX-License-Identifier: GPL-2.0-only
/* What is watched: by handle, path, or as a file without a name that some task has open. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "notify.h"
#include "regfile.h"
#include "remap.h"

#define HANDLE_WORDS 16 /* that other readers expect */

/* ---- lines of fdinfo ---- */

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
	    !notify_number(line, len, " fhandle-type:", &type) || bytes > NOTIFY_HANDLE_MAX ||
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

/* ---- files without a name ---- */

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
			  fd_view_name(v), what, (uintmax_t)ino, notify_major(dev),
			  notify_minor(dev));
}

/* ---- watches, all of one descriptor at once ---- */

struct watch {
	const char *line, *what;
	size_t len;
	uint32_t dev;
	FhEntry *fh;
	struct notify_id id;
	/* What its handle leads to. */
	int err;
	struct stat st;
	bool gone;
	char *path; /* NULL: none that is known */
};

static struct {
	struct watch *watch;
	size_t n, cap;
} asked;

int notify_dump_file(const struct fd_view *v, const char *line, size_t len, const char *what,
		     FhEntry **ret, struct notify_id id)
{
	struct arena *a = &v->dump->arena;
	uint64_t ino, dev;
	struct watch *w;
	int r;

	if (!notify_number(line, len, " ino:", &ino) || !notify_number(line, len, " sdev:", &dev))
		return log_err(-EBADMSG, "%s: %s", fd_view_name(v), what);
	if (asked.n == asked.cap) {
		size_t cap = MAX(asked.cap * 2, 16UL);

		w = realloc(asked.watch, cap * sizeof(*w));
		if (!w)
			return -ENOMEM;
		asked.watch = w;
		asked.cap = cap;
	}
	r = scan_handle(a, line, len, ret);
	if (r < 0 && r != -ENODATA)
		return log_err(r, "%s: %s: its file handle", fd_view_name(v), what);
	w = &asked.watch[asked.n++];
	*w = (struct watch){
		.line = line,
		.len = len,
		.what = arena_strdup(a, what),
		.dev = dev,
		.fh = *ret,
		.id = id,
		.err = r,
	};
	return w->what ? 0 : -ENOMEM;
}

struct follow {
	int own_fds; /* /proc/self/fd: a shorter way to each */
	struct watch **watch;
};

static int follow(int own_fds, struct watch *w)
{
	_cleanup_close_ int fd = notify_open_handle(w->fh);
	char name[16], link[PATH_MAX];
	int r;

	if (fd < 0)
		return fd;
	snprintf(name, sizeof(name), "%d", fd);
	r = read_link_at(own_fds, name, link, sizeof(link));
	if (r < 0)
		return r;
	if (fstat(fd, &w->st) < 0)
		return -errno;
	w->gone = is_gone(&w->st, link);
	/* With a name that is not known, the handle has to do. */
	if (w->gone || link[0] != '/' || !path_leads_to(link, &w->st))
		return 0;
	w->path = strdup(link);
	return w->path ? 0 : -ENOMEM;
}

static int follow_one(void *arg, size_t i)
{
	const struct follow *f = arg;

	f->watch[i]->err = f->watch[i]->err ?: follow(f->own_fds, f->watch[i]);
	return 0;
}

static int by_device(const void *a, const void *b)
{
	uint32_t x = (*(struct watch *const *)a)->dev, y = (*(struct watch *const *)b)->dev;

	return (x > y) - (x < y);
}

/* By all CPUs, on one file system after the other: we have but one working directory. */
static int follow_all(void)
{
	_cleanup_close_ int own_fds = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ struct watch **of = calloc(asked.n, sizeof(*of));
	size_t from, end;

	if (own_fds < 0 || !of)
		return -ENOMEM;
	for (size_t i = 0; i < asked.n; i++)
		of[i] = &asked.watch[i];
	qsort(of, asked.n, sizeof(*of), by_device);
	for (from = 0; from < asked.n; from = end) {
		struct follow f = { own_fds, of + from };
		int r = notify_go_to(of[from]->dev);

		for (end = from; end < asked.n && of[end]->dev == of[from]->dev; end++)
			of[end]->err = of[end]->err ?: r;
		(void)parallel_for(end - from, follow_one, &f);
	}
	return 0;
}

static int take(const struct fd_view *v, const struct watch *w)
{
	uint64_t ino = 0;
	int r = w->err;

	notify_number(w->line, w->len, " ino:", &ino);
	if (r == -ENODATA || r == -EOPNOTSUPP || r == -ESTALE || r == -ENOENT)
		return find_by_name(v, w->line, w->len, w->what, w->fh);
	if (r < 0)
		return log_err(r, "%s: %s: inode %ju of device %u:%u", fd_view_name(v), w->what,
			       (uintmax_t)ino, notify_major(w->dev), notify_minor(w->dev));
	if (w->gone)
		return note_gone(v, &w->st, w->what, w->id);
	if (!w->path)
		return 0;
	w->fh->path = arena_strdup(&v->dump->arena, w->path);
	return w->fh->path ? 0 : -ENOMEM;
}

int notify_dump_asked(const struct fd_view *v)
{
	int r = notify_done(asked.n ? follow_all() : 0);

	for (size_t i = 0; i < asked.n; i++) {
		if (r == 0)
			r = take(v, &asked.watch[i]);
		free(asked.watch[i].path);
	}
	asked.n = 0;
	return r;
}
