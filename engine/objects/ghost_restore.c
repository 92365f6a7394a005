// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/memory/huge.h"
#include "ghost.h"
#include "regfile.h"
#include "remap_names.h"

struct recipe {
	const GhostFileEntry *e;
	int fd; /* of a regular file, open for writing */
};

static int make_inode(const char *path, void *arg)
{
	struct recipe *c = arg;
	int r;

	switch (c->e->mode & S_IFMT) {
	case S_IFREG:
		r = c->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		break;
	case S_IFDIR:
		r = mkdir(path, 0700);
		break;
	case S_IFLNK:
		r = symlink(c->e->symlnk_target, path);
		break;
	default:
		r = mknod(path, (c->e->mode & S_IFMT) | 0600, c->e->rdev);
		break;
	}
	return r < 0 ? -errno : 0;
}

/* Which of hugetlbfs can only be filled through a mapping; the page is there before. */
static int put_bytes(int fd, const uint8_t *data, size_t n, uint64_t pos)
{
	struct stat st;

	if (!huge_file(fd))
		return pwrite_full(fd, data, n, pos);
	if (fstat(fd, &st) < 0)
		return -errno;
	while (n) {
		uint64_t page = ALIGN_DOWN(pos, (uint64_t)st.st_blksize);
		size_t here = MIN(n, (size_t)(page + st.st_blksize - pos));
		char *at;

		if (fallocate(fd, 0, (off_t)page, st.st_blksize) < 0)
			return -errno;
		at = mmap(NULL, st.st_blksize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)page);
		if (at == MAP_FAILED)
			return -errno;
		memcpy(at + (pos - page), data, here);
		munmap(at, st.st_blksize);
		data += here;
		pos += here;
		n -= here;
	}
	return 0;
}

static int ghost_content(struct image_in *in, const GhostFileEntry *e, int fd)
{
	const uint8_t *data;
	int r;

	if (!e->chunks) {
		size_t n = image_left(in);

		r = image_get_raw(in, n, &data);
		return r < 0 ? r : put_bytes(fd, data, n, 0);
	}
	for (;;) {
		GhostChunkEntry *c;

		r = image_get(in, &ghost_chunk_entry__descriptor, &c);
		if (r == 0)
			return e->has_size && ftruncate(fd, e->size) < 0 ? -errno : 0;
		if (r > 0)
			r = image_get_raw(in, c->len, &data);
		if (r == 0)
			r = put_bytes(fd, data, c->len, c->off);
		if (r < 0)
			return r;
	}
}

/* fd: open for writing, if it is a regular file. */
static int ghost_attributes(const GhostFileEntry *e, const char *path, int fd)
{
	_cleanup_close_ int own = -EBADF;
	struct timespec times[2];
	int r;

	if (lchown(path, e->uid, e->gid) < 0)
		return -errno;
	if (!S_ISLNK(e->mode) && chmod(path, e->mode & 07777) < 0)
		return -errno;
	if (fd < 0)
		fd = own = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : ghost_inode_restore(fd, e);
	if (r < 0)
		return r;
	ghost_inode_times(e, times);
	return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Closes fd. */
static int set_flags(const GhostFileEntry *e, int fd, const char *path)
{
	int r = fd < 0 ? 0 : ghost_inode_flags(fd, e);

	cleanup_close(&fd);
	return r < 0 ? log_err(r, "%s: flags %#x of the unlinked file", path, e->inode_flags) : 0;
}

/* A name for every different path the entries have, all of one inode; opened, and gone again. */
static int open_named_ghost(struct remap_target *t, struct image_in *in, const GhostFileEntry *e)
{
	struct remap_name *names = calloc(t->n, sizeof(*names));
	struct recipe recipe = { .e = e, .fd = -EBADF };
	const char *path = t->file[0]->fe->reg->name;
	bool dir = S_ISDIR(e->mode);
	int r, fd = -EBADF;

	if (!names)
		return -ENOMEM;
	r = remap_make_name(&names[0], path, make_inode, &recipe);
	if (r < 0)
		log_err(r, "%s: make it for a moment", path);
	/* A directory has one name only. */
	for (unsigned int i = 1; r == 0 && i < t->n && !dir; i++) {
		if (remap_namesake(t, i) != i)
			continue;
		path = t->file[i]->fe->reg->name;
		r = remap_make_name(&names[i], path, remap_make_link, names[0].path);
		if (r < 0)
			log_err(r, "%s: link it for a moment", path);
	}
	if (r == 0) {
		r = recipe.fd >= 0 ? ghost_content(in, e, recipe.fd) : 0;
		if (r == 0)
			r = ghost_attributes(e, names[0].path, recipe.fd);
		/* Not open for writing any more than the tasks had it: it may be an executable. */
		cleanup_close(&recipe.fd);
		recipe.fd = -EBADF;
		if (r < 0)
			log_err(r, "%s: content of the unlinked file", path);
	}
	for (unsigned int i = 0; r == 0 && i < t->n; i++)
		r = remap_open_entry(t->file[i], names[dir ? 0 : remap_namesake(t, i)].path);
	cleanup_close(&recipe.fd);
	if (r == 0 && e->has_inode_flags) {
		fd = open(names[0].path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? log_err(-errno, "%s", names[0].path) : 0;
	}
	remap_drop_names(names, t->n, dir);
	return r < 0 ? r : set_flags(e, fd, path);
}

/* The entry whose open() made the file: its flags say so for as long as it is open. */
static struct restore_file *maker(const struct remap_target *t)
{
	for (unsigned int i = 0; i < t->n; i++)
		if ((t->file[i]->fe->reg->flags & O_TMPFILE) == O_TMPFILE)
			return t->file[i];
	return NULL;
}

static int fill_tmpfile(struct image_in *in, const GhostFileEntry *e, const char *link)
{
	/* A descriptor without O_APPEND, which would make every write go to the end. */
	_cleanup_close_ int fd = open(link, O_RDWR | O_CLOEXEC);
	struct timespec times[2];
	int r;

	if (fd < 0)
		return -errno;
	r = ghost_content(in, e, fd);
	if (r < 0)
		return r;
	if (fchown(fd, e->uid, e->gid) < 0 || fchmod(fd, e->mode & 07777) < 0)
		return -errno;
	r = ghost_inode_restore(fd, e);
	ghost_inode_times(e, times);
	return r < 0 ? r : futimens(fd, times) < 0 ? -errno : 0;
}

/* A file that never had a name gets none now either, and may be given one later. */
static int open_tmpfile(struct remap_target *t, struct image_in *in, const GhostFileEntry *e)
{
	const char *path = t->file[0]->fe->reg->name;
	struct restore_file *first = maker(t);
	_cleanup_close_ int fd = -EBADF;
	char dir[PATH_MAX], link[FD_LINK_SIZE];
	int r, flags = first ? (int)first->fe->reg->flags : O_RDWR;

	if (!remap_existing_dir(path, dir))
		return log_err(-ENOENT, "%s", path);
	fd = open(dir[0] ? dir : "/", O_TMPFILE | (flags & ~O_ASYNC) | O_CLOEXEC, 0600);
	if (fd < 0)
		return log_err(-errno, "%s: unnamed file", dir);
	r = fill_tmpfile(in, e, fd_link(fd, link));
	if (r < 0)
		return log_err(r, "%s: content of the unlinked file", path);
	for (unsigned int i = 0; r == 0 && i < t->n; i++)
		if (t->file[i] != first)
			r = remap_open_entry(t->file[i], link);
	if (r == 0 && e->has_inode_flags)
		r = set_flags(e, open(link, O_RDONLY | O_CLOEXEC), path);
	if (r == 0 && first) {
		first->main_fd = TAKE_FD(fd);
		r = regfile_settle(first->fe->reg, first->main_fd);
	}
	return r;
}

int ghost_open(struct restore *r, struct remap_target *t)
{
	GhostFileEntry *e;
	struct image_in in;
	int ret;

	ret = image_open(&r->set, IMAGE_GHOST_FILE, t->id, &in);
	if (ret == -ENOENT)
		return log_bad_image("%s is missing", in.name);
	if (ret == 0)
		ret = image_get(&in, &ghost_file_entry__descriptor, &e);
	if (ret <= 0)
		return log_bad_image("%s: %s", in.name, ret == 0 ? "holds no record" : r->set.why);
	if (S_ISLNK(e->mode) && !e->symlnk_target)
		return log_bad_image("%s: a symbolic link without target", in.name);
	if (S_ISSOCK(e->mode))
		return log_refuse("%s: an unlinked socket file: not supported yet", in.name);
	for (unsigned int i = 0; i < t->n; i++)
		if (t->file[i]->fe->reg->has_mode && (t->file[i]->fe->reg->mode ^ e->mode) & S_IFMT)
			return log_bad_image("%s: another kind of file than its entry", in.name);
	return e->tmpfile && S_ISREG(e->mode) ? open_tmpfile(t, &in, e)
					      : open_named_ghost(t, &in, e);
}
