// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other names (link(2)) of the file that a socket is bound to. The kernel shows the one that it
 * was bound by, or what that has been renamed to, even when it is gone: names beside it are found, and
 * the count of links tells whether those are all. A new socket has a new file, so at restore they are
 * made again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "unix.h"

/* ---- dump ---- */

/* Connections have the file of their listener: it is mostly the last one again. */
static struct {
	dev_t dev;
	ino_t ino;
	char *dir, **name;
	unsigned int n;
} last;

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int keep_name(const char *name)
{
	char **more = realloc(last.name, (last.n + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	last.name = more;
	more[last.n] = strdup(name);
	return more[last.n] ? (last.n++, 0) : -ENOMEM;
}

static int find_names(const char *dir, const struct stat *st)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat at;
	int r = 0;

	while (d && r == 0 && (e = readdir(d)))
		if ((e->d_type == DT_SOCK || e->d_type == DT_UNKNOWN) &&
		    fstatat(dirfd(d), e->d_name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
		    at.st_dev == st->st_dev && at.st_ino == st->st_ino)
			r = keep_name(e->d_name);
	if (d)
		closedir(d);
	qsort(last.name, last.n, sizeof(*last.name), by_text);
	return r;
}

static int look_in(const char *dir, const struct stat *st)
{
	if (last.dir && streq(last.dir, dir) && last.dev == st->st_dev && last.ino == st->st_ino)
		return 0;
	while (last.n)
		free(last.name[--last.n]);
	free(last.dir);
	last.dev = st->st_dev;
	last.ino = st->st_ino;
	last.dir = strdup(dir);
	return last.dir ? find_names(dir, st) : -ENOMEM;
}

/* The one that the kernel shows, if it is still there; else the first. */
static unsigned int main_name(const char *shown)
{
	for (unsigned int i = 0; i < last.n; i++)
		if (streq(last.name[i], shown))
			return i;
	return 0;
}

int unix_other_dump(const struct fd_view *v, const struct stat *st, char path[PATH_MAX],
		    UnixSkEntry *img)
{
	struct arena *a = &v->dump->arena;
	char *slash = strrchr(path, '/'), dir[PATH_MAX], full[PATH_MAX];
	unsigned int first;
	int r;

	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	r = look_in(dir[0] ? dir : "/", st);
	if (r < 0)
		return r;
	if (last.n != st->st_nlink)
		return log_refuse("%s: the file it is bound to, %s, has %ju names, and %u of them "
				  "are in that directory: nobody tells where others are",
				  fd_view_name(v), path, (uintmax_t)st->st_nlink, last.n);
	if (last.n > UNIX_OTHERS + 1)
		return log_refuse("%s: the file it is bound to, %s, has %u names", fd_view_name(v),
				  path, last.n);
	img->other_path = arena_array(a, char *, last.n);
	if (!img->other_path)
		return -ENOMEM;
	first = main_name(slash + 1);
	for (unsigned int i = 0; i < last.n; i++) {
		char **to = &img->other_path[img->n_other_path];

		if (snprintf(full, sizeof(full), "%s/%s", dir, last.name[i]) >= (int)sizeof(full))
			return log_err(-ENAMETOOLONG, "%s: %s", fd_view_name(v), path);
		if (i == first) {
			memcpy(path, full, sizeof(full));
			continue;
		}
		*to = arena_strdup(a, full);
		if (!*to)
			return -ENOMEM;
		img->n_other_path++;
	}
	return 0;
}

/* ---- restore ---- */

int unix_other_check(const UnixSkEntry *img, const char *what)
{
	if (img->n_other_path > UNIX_OTHERS ||
	    (img->n_other_path && (unix_name_abstract(&img->name) || img->deleted)))
		return log_bad_image("%s: its file has %zu other names", what, img->n_other_path);
	for (size_t i = 0; i < img->n_other_path; i++)
		if (img->other_path[i][0] != '/')
			return log_bad_image("%s: its file has a name that is no path", what);
	return 0;
}

int unix_other_make(const UnixSkEntry *img, const char *path, const char *who, uint32_t *made)
{
	bool empty;

	for (unsigned int i = 0; i < img->n_other_path; i++) {
		const char *other = img->other_path[i];
		int r = unix_look_at_place(other, who, &empty);

		if (r < 0)
			return r;
		if ((!empty && unlink(other) < 0) || link(path, other) < 0)
			return log_err(-errno, "%s: its file as %s", who, other);
		*made |= (uint32_t)empty << (i + 1);
	}
	return 0;
}

void unix_other_undo(const UnixSkEntry *img, uint32_t made)
{
	for (unsigned int i = 0; i < img->n_other_path; i++)
		if (made & UINT32_C(2) << i)
			unlink(img->other_path[i]);
}
