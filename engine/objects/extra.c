// SPDX-License-Identifier: GPL-2.0-only
/* Files that are mapped, executed or stood in, without a descriptor: entries of their own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "regfile.h"

/* All tasks that run one program, or stand in one directory, have one entry for it. */
struct extra {
	struct {
		dev_t dev;
		ino_t ino;
		int flags;
	} key;
	const char *link;
	uint32_t id;
	struct extra *next; /* the same file by another name */
	UT_hash_handle hh;
};
static struct extra *extras;

static struct extra *find(const struct stat *st, int flags, const char *link, struct extra **first)
{
	struct extra *e, key;

	memset(&key, 0, sizeof(key));
	key.key.dev = st->st_dev;
	key.key.ino = st->st_ino;
	key.key.flags = flags;
	HASH_FIND(hh, extras, &key.key, sizeof(key.key), *first);
	for (e = *first; e && !streq(e->link, link); e = e->next)
		;
	return e;
}

static int remember(struct dump *d, const struct stat *st, int flags, const char *link, uint32_t id,
		    struct extra *first)
{
	struct extra *e = arena_new(&d->arena, struct extra);

	if (!e)
		return -ENOMEM;
	e->key.dev = st->st_dev;
	e->key.ino = st->st_ino;
	e->key.flags = flags;
	e->id = id;
	e->link = arena_strdup(&d->arena, link);
	if (!e->link)
		return -ENOMEM;
	if (first) {
		e->next = first->next;
		first->next = e;
	} else {
		HASH_ADD(hh, extras, key, sizeof(e->key), e);
	}
	return 0;
}

bool file_is_extra(dev_t dev, ino_t ino)
{
	struct stat st = { .st_dev = dev, .st_ino = ino };
	struct extra *r, *w;

	(void)find(&st, O_RDONLY, "", &r);
	(void)find(&st, O_RDWR, "", &w);
	return r || w;
}

static int dump_new(struct fd_view *v, int open_flags, const char *what, uint32_t *id)
{
	FileEntry *fe;

	v->found = path_leads_to(v->link, &v->st);
	for (unsigned int i = 0; objects[i]; i++) {
		if (!objects[i]->dump_mapped || !objects[i]->claims(v))
			continue;
		fe = files_new_entry(v->dump, objects[i]->type);
		if (!fe)
			return -ENOMEM;
		*id = fe->id;
		return objects[i]->dump_mapped(v, open_flags, fe);
	}
	return log_refuse("task %d: %s, %s: not supported yet", v->pid, what, v->link);
}

int file_dump_extra(struct dump *d, pid_t pid, int copy, int open_flags, const char *what,
		    uint32_t *id)
{
	char link[PATH_MAX];
	struct fd_view v = {
		.dump = d,
		.pid = pid,
		.fd = -1,
		.copy = copy,
		.link = link,
		.flags = O_PATH,
	};
	struct extra *e, *first;
	int r;

	if (fstat(copy, &v.st) < 0)
		return log_err(-errno, "task %d: %s", pid, what);
	r = fd_path(copy, link, sizeof(link));
	if (r < 0)
		return log_err(r, "task %d: path of %s", pid, what);
	e = find(&v.st, open_flags, link, &first);
	if (e) {
		*id = e->id;
		return 0;
	}
	r = dump_new(&v, open_flags, what, id);
	return r < 0 ? r : remember(d, &v.st, open_flags, link, *id, first);
}

bool file_exists(const struct restore *r, uint32_t id)
{
	const struct restore_file *f = restore_file_by_id(r, id);

	return f && f->ops && f->ops->dump_mapped;
}

int file_open_extra(struct restore *r, uint32_t id, int open_flags, const char *what)
{
	struct restore_file *f = restore_file_by_id(r, id);
	char path[64];
	int fd;

	if (!file_exists(r, id))
		return log_bad_image("%s: there is no file %u", what, id);
	if (f->main_fd < 0)
		return regfile_open_by_path(r, f, open_flags);
	/* No descriptor has this open file. Opened once more it would be one more writer. */
	if (!f->owner && (f->flags & (O_ACCMODE | O_PATH)) == O_RDWR && open_flags == O_RDWR)
		return files_take(r, f);
	/* Main has it open with the flags of the entry: these may be others. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", r->main_pid, f->main_fd);
	fd = open(path, open_flags | O_CLOEXEC);
	return fd < 0 ? log_err(-errno, "%s: file %u", what, id) : fd;
}
