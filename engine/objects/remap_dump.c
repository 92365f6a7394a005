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
#include "engine/memory/huge.h"
#include "ghost.h"
#include "notify.h"
#include "regfile.h"
#include "remap.h"
#include "remap_names.h"

/* An inode that is remapped, whichever way; all entries that lead to it share what was made. */
struct remapped {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	uint32_t id;    /* ghost number, or id of the link's entry */
	uint32_t entry; /* the first one that leads to a ghost */
	char *link;     /* path of the hard link; NULL for a ghost */
	UT_hash_handle hh;
};

static struct {
	struct remapped *inodes;
	RemapFilePathEntry *entry;
	unsigned int n, cap, ghosts;
} dumped;

static struct remapped *find_inode(const struct stat *st)
{
	struct remapped *i, key;

	memset(&key, 0, sizeof(key));
	key.key.dev = st->st_dev;
	key.key.ino = st->st_ino;
	HASH_FIND(hh, dumped.inodes, &key.key, sizeof(key.key), i);
	return i;
}

static struct remapped *add_inode(const struct fd_view *v, uint32_t id)
{
	struct remapped *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->key.dev = v->st.st_dev;
	i->key.ino = v->st.st_ino;
	i->id = id;
	HASH_ADD(hh, dumped.inodes, key, sizeof(i->key), i);
	return i;
}

static int note(uint32_t orig, uint32_t remap, RemapType type)
{
	RemapFilePathEntry *e;

	if (dumped.n == dumped.cap) {
		unsigned int cap = MAX(dumped.cap * 2, 16U);

		e = realloc(dumped.entry, cap * sizeof(*e));
		if (!e)
			return -ENOMEM;
		dumped.entry = e;
		dumped.cap = cap;
	}
	e = &dumped.entry[dumped.n++];
	remap_file_path_entry__init(e);
	e->orig_id = orig;
	e->remap_id = remap;
	e->has_remap_type = true;
	e->remap_type = type;
	return 0;
}

int remap_dump_ghost(const struct fd_view *v, uint32_t id, const char *path)
{
	uint64_t bytes = (uint64_t)v->st.st_blocks * 512, limit = v->dump->opts->ghost_limit;
	struct remapped *i = find_inode(&v->st);
	int r;

	if (!i) {
		if (S_ISSOCK(v->st.st_mode))
			return log_refuse("%s: the unlinked socket file %s: not supported yet",
					  fd_view_name(v), path);
		if (huge_file(v->copy) && v->st.st_size % v->st.st_blksize)
			return log_refuse("%s: the unlinked file %s ends within a huge page: not "
					  "supported yet",
					  fd_view_name(v), path);
		if (S_ISREG(v->st.st_mode) && bytes > limit)
			return log_refuse("%s: the unlinked file %s holds %ju bytes, more than "
					  "--ghost-limit (%ju)",
					  fd_view_name(v), path, (uintmax_t)bytes,
					  (uintmax_t)limit);
		/* Reading it is something that may be watched. */
		r = notify_look_first(v->dump);
		if (r < 0)
			return r;
		i = add_inode(v, ++dumped.ghosts);
		if (!i)
			return -ENOMEM;
		i->entry = id;
		r = ghost_dump(v, path, i->id);
		if (r < 0)
			return r;
	}
	return note(id, i->id, REMAP_TYPE__GHOST);
}

uint32_t remap_dumped_ghost(const struct stat *st)
{
	const struct remapped *i = find_inode(st);

	return i ? i->entry : 0;
}

bool remap_existing_dir(const char *path, char dir[PATH_MAX])
{
	char *slash;

	snprintf(dir, PATH_MAX, "%s", path);
	while ((slash = strrchr(dir, '/'))) {
		struct stat st;

		*slash = '\0';
		if (stat(slash == dir ? "/" : dir, &st) == 0 && S_ISDIR(st.st_mode))
			return true;
	}
	return false;
}

static int make_link(const struct fd_view *v, const char *path, char **ret)
{
	char dir[PATH_MAX], name[PATH_MAX + 32], link[FD_LINK_SIZE];

	if (!remap_existing_dir(path, dir))
		return -ENOENT;
	for (unsigned int n = 1; n < 100000; n++) {
		snprintf(name, sizeof(name), "%s/link_remap.%u", dir, n);
		if (linkat(AT_FDCWD, fd_link(v->copy, link), AT_FDCWD, name, AT_SYMLINK_FOLLOW) ==
		    0) {
			*ret = strdup(name);
			return *ret ? 0 : -ENOMEM;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* The link as a file of its own, which nothing but the remap refers to. */
static int put_link_entry(const struct fd_view *v, const char *name, uint32_t *id)
{
	struct arena *a = &v->dump->arena;
	FileEntry *fe = files_new_entry(v->dump, FD_TYPES__REG);
	RegFileEntry *img = arena_new(a, RegFileEntry);
	FownEntry *fown = arena_new(a, FownEntry);

	if (!fe || !img || !fown)
		return -ENOMEM;
	reg_file_entry__init(img);
	fown_entry__init(fown);
	img->id = fe->id;
	img->fown = fown;
	img->name = arena_strdup(a, name);
	if (!img->name)
		return -ENOMEM;
	img->has_mode = true;
	img->mode = v->st.st_mode;
	if (S_ISREG(v->st.st_mode)) {
		img->has_size = true;
		img->size = v->st.st_size;
	}
	fe->reg = img;
	*id = fe->id;
	return 0;
}

int remap_dump_link(const struct fd_view *v, uint32_t id, const char *path)
{
	struct remapped *i = find_inode(&v->st);
	int r;

	if (!v->dump->opts->link_remap)
		return log_refuse(
			"%s: %s no longer leads to its file, which has other names: needs "
			"--link-remap",
			fd_view_name(v), path);
	if (!i) {
		r = notify_look_first(v->dump);
		if (r < 0)
			return r;
		i = add_inode(v, 0);
		if (!i)
			return -ENOMEM;
		r = make_link(v, path, &i->link);
		if (r == 0)
			r = put_link_entry(v, i->link, &i->id);
		if (r < 0)
			return log_err(r, "%s: temporary link for %s", fd_view_name(v), path);
	}
	return note(id, i->id, REMAP_TYPE__LINKED);
}

int remap_dump_proc(const struct fd_view *v, uint32_t id, pid_t pid)
{
	const struct task *t;

	/* Another task has that pid by now, and what is opened would be about that one. */
	HASH_FIND_INT(v->dump->tree.by_pid, &pid, t);
	if (t)
		return log_refuse(
			"%s: %s is about a task that ended, and task %d has its pid now: not "
			"supported yet",
			fd_view_name(v), v->link, pid);
	return note(id, pid, REMAP_TYPE__PROCFS);
}

static void forget(bool undo)
{
	struct remapped *i, *next;

	HASH_ITER(hh, dumped.inodes, i, next) {
		HASH_DEL(dumped.inodes, i);
		if (undo && i->link)
			unlink(i->link);
		free(i->link);
		free(i);
	}
	free(dumped.entry);
	memset(&dumped, 0, sizeof(dumped));
}

int remap_dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	int r;

	if (!dumped.n)
		return 0;
	r = image_create(&d->images, IMAGE_REMAP_FPATH, 0, &img);
	for (unsigned int i = 0; r == 0 && i < dumped.n; i++)
		r = image_put(&img, &dumped.entry[i].base);
	return r < 0 ? r : image_close(&img);
}

void remap_dump_undo(void)
{
	forget(true);
}
