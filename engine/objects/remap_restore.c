// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/restore/plan.h"
#include "ghost.h"
#include "regfile.h"
#include "remap.h"
#include "remap_names.h"

/* ---- names ---- */

static int make_dirs(struct remap_name *n)
{
	char *slash;

	for (slash = strchr(n->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(n->path, 0700) == 0) {
			if (!n->made_below)
				n->made_below = slash - n->path;
		} else if (errno != EEXIST) {
			*slash = '/';
			return -errno;
		}
		*slash = '/';
	}
	return 0;
}

static void drop_name(struct remap_name *n, bool dir)
{
	char *slash;

	unlinkat(AT_FDCWD, n->path, dir ? AT_REMOVEDIR : 0);
	while (n->made_below && (slash = strrchr(n->path, '/')) &&
	       slash - n->path >= (ptrdiff_t)n->made_below) {
		*slash = '\0';
		rmdir(n->path);
	}
}

/* Where the path cannot be: under its name in the nearest directory above that exists. */
static int closer(const char *path, char to[PATH_MAX])
{
	const char *name = strrchr(path, '/');
	char dir[PATH_MAX];

	if (!remap_existing_dir(path, dir))
		return -ENOENT;
	return snprintf(to, PATH_MAX, "%.3800s%s", dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int remap_make_name(struct remap_name *n, const char *path,
		    int (*make)(const char *path, void *arg), void *arg)
{
	char other[PATH_MAX];
	int r;

	n->made_below = 0;
	for (unsigned int i = 0; i < 1000; i++) {
		int dir = strrchr(path, '/') - path;

		if (i == 0)
			snprintf(n->path, sizeof(n->path), "%s", path);
		else /* a name is no longer than 255 bytes */
			snprintf(n->path, sizeof(n->path), "%.*s/%.240s.ghost-%u", dir, path,
				 path + dir + 1, i);
		r = make(n->path, arg);
		if (r == -ENOENT && i == 0) {
			r = make_dirs(n);
			if (r == 0)
				r = make(n->path, arg);
		}
		if (r == -ENOTDIR && path != other) {
			r = closer(path, other);
			path = other;
			if (r == 0)
				r = -EEXIST;
		}
		if (r != -EEXIST)
			break;
	}
	if (r < 0)
		n->path[0] = '\0';
	return r;
}

unsigned int remap_namesake(const struct remap_target *t, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++)
		if (streq(t->file[j]->fe->reg->name, t->file[i]->fe->reg->name))
			return j;
	return i;
}

/* The last one first: it may lie in a directory that was made for another. */
void remap_drop_names(struct remap_name *names, unsigned int n, bool dir)
{
	while (n-- > 0)
		if (names[n].path[0])
			drop_name(&names[n], dir);
	free(names);
}

int remap_make_link(const char *path, void *from)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, path, 0) < 0 ? -errno : 0;
}

int remap_open_entry(struct restore_file *f, const char *path)
{
	const RegFileEntry *img = f->fe->reg;
	_cleanup_close_ int hold = -EBADF;
	int flags = regfile_open_flags(img->flags);

	/* Opening one end of a fifo alone would wait for the other. */
	if (S_ISFIFO(img->mode) && !(flags & O_PATH))
		hold = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (S_ISFIFO(img->mode))
		flags &= ~O_DIRECT;
	f->main_fd = open(path, flags);
	if (f->main_fd < 0)
		return log_err(-errno, "%s: open %s", img->name, path);
	return regfile_settle(img, f->main_fd);
}

/* ---- targets ---- */

/* Hard links that are to go once the restore has worked. */
static struct {
	char **path;
	unsigned int n;
} links;

static int open_link(struct restore *r, struct remap_target *t)
{
	struct restore_file *link = restore_file_by_id(r, t->id);
	const char *from, *path;
	struct remap_name *names;
	char **more;
	int ret = 0;

	if (!link || !link->fe->reg)
		return log_bad_image("remap-fpath.img: there is no file %u", t->id);
	from = link->fe->reg->name;
	names = calloc(t->n, sizeof(*names));
	more = realloc(links.path, (links.n + 1) * sizeof(*more));
	if (more)
		links.path = more;
	if (!names || !more) {
		free(names);
		return -ENOMEM;
	}
	/* By its old name if that is free, so that the kernel shows the path it showed before. */
	for (unsigned int i = 0; ret == 0 && i < t->n; i++) {
		unsigned int name = remap_namesake(t, i);

		path = t->file[i]->fe->reg->name;
		if (name == i)
			ret = remap_make_name(&names[i], path, remap_make_link, (void *)from);
		if (ret < 0)
			log_err(ret, "%s: link it to %s", from, path);
		else
			ret = remap_open_entry(t->file[i], names[name].path);
	}
	remap_drop_names(names, t->n, false);
	links.path[links.n++] = link->fe->reg->name;
	return ret;
}

static int add_target(struct restore *r, struct remap_target **all, const RemapFilePathEntry *e)
{
	RemapType type = e->has_remap_type ? e->remap_type : REMAP_TYPE__LINKED;
	struct restore_file *f = restore_file_by_id(r, e->orig_id);
	struct remap_target *t;

	if (!f || !f->fe->reg)
		return log_bad_image("remap-fpath.img: there is no file %u", e->orig_id);
	/* A helper with that pid is there while its owner opens it. */
	if (type == REMAP_TYPE__PROCFS)
		return 0;
	if (type != REMAP_TYPE__GHOST && type != REMAP_TYPE__LINKED)
		return log_refuse("remap-fpath.img: %s: remap type %d: not supported yet",
				  f->fe->reg->name, type);
	HASH_FIND(hh, *all, &e->remap_id, sizeof(e->remap_id), t);
	if (t && t->type != type)
		return log_bad_image("remap-fpath.img: target %u is of two types", e->remap_id);
	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return -ENOMEM;
		t->id = e->remap_id;
		t->type = type;
		HASH_ADD(hh, *all, id, sizeof(t->id), t);
	}
	if (t->n == t->cap) {
		unsigned int cap = MAX(t->cap * 2, 4U);
		struct restore_file **more = realloc(t->file, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->file = more;
		t->cap = cap;
	}
	t->file[t->n++] = f;
	return 0;
}

int remap_plan_helpers(struct restore *r)
{
	RemapFilePathEntry *e;
	struct image_in in;
	int ret = image_open(&r->set, IMAGE_REMAP_FPATH, 0, &in);

	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &remap_file_path_entry__descriptor, &e)) > 0) {
		pid_t pid = e->remap_id;
		struct restore_task *t;

		if (!e->has_remap_type || e->remap_type != REMAP_TYPE__PROCFS)
			continue;
		HASH_FIND_INT(r->by_pid, &pid, t);
		if (t && !t->until_files)
			return log_bad_image(
				"remap-fpath.img: pid %d is dead, and is that of a task", pid);
		if (!t)
			t = plan_add_helper(r, pid);
		if (!t)
			return -ENOMEM;
		t->sid = getsid(0);
		t->pgid = getpgrp();
		t->until_files = true;
	}
	return ret < 0 ? plan_bad(r, ret) : 0;
}

int remap_prepare(struct restore *r)
{
	struct remap_target *all = NULL, *t, *next;
	RemapFilePathEntry *e;
	struct image_in in;
	int ret;

	ret = image_open(&r->set, IMAGE_REMAP_FPATH, 0, &in);
	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &remap_file_path_entry__descriptor, &e)) > 0) {
		ret = add_target(r, &all, e);
		if (ret < 0)
			goto out;
	}
	if (ret < 0)
		log_bad_image("%s: %s", r->set.file, r->set.why);
	HASH_ITER(hh, all, t, next)
		if (ret == 0)
			ret = t->type == REMAP_TYPE__GHOST ? ghost_open(r, t) : open_link(r, t);
out:
	HASH_ITER(hh, all, t, next) {
		HASH_DEL(all, t);
		free(t->file);
		free(t);
	}
	return ret;
}

void remap_finish(struct restore *r, bool ok)
{
	for (unsigned int i = 0; ok && i < links.n; i++)
		if (unlink(links.path[i]) < 0)
			log_warn("%s: cannot remove the temporary link: %s", links.path[i],
				 strerror(errno));
	free(links.path);
	links.path = NULL;
	links.n = 0;
}
