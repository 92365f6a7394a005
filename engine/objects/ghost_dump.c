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
#include "filelock.h"
#include "ghost.h"

#define COPY_STEP (1UL << 20)

static int put_run(struct image_out *img, int fd, off_t pos, off_t end, char *buf)
{
	while (pos < end) {
		GhostChunkEntry e = GHOST_CHUNK_ENTRY__INIT;
		size_t n = MIN((size_t)(end - pos), COPY_STEP);
		int r;

		e.off = pos;
		e.len = n;
		r = pread_full(fd, buf, n, pos);
		if (r == 0)
			r = image_put(img, &e.base);
		if (r == 0)
			r = image_put_raw(img, buf, n);
		if (r < 0)
			return r;
		pos += n;
	}
	return 0;
}

static int put_huge_pages(struct image_out *img, int fd, char *buf)
{
	_cleanup_(page_runs_done) struct page_runs runs = {};
	int r = huge_file_runs(fd, &runs);

	for (unsigned int i = 0; r == 0 && i < runs.n; i++)
		r = put_run(img, fd, runs.run[i].start, runs.run[i].end, buf);
	return r;
}

/* The data between holes, each run as a chunk of its own. */
static int put_chunks(struct image_out *img, int fd, off_t size)
{
	_cleanup_free_ char *buf = malloc(COPY_STEP);
	off_t data, hole;
	int r;

	if (!buf)
		return -ENOMEM;
	if (huge_file(fd))
		return put_huge_pages(img, fd, buf);
	for (off_t at = 0; at < size; at = hole) {
		data = lseek(fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return 0; /* only a hole is left */
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		hole = MIN(hole, size);
		r = put_run(img, fd, data, hole, buf);
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_whole(struct image_out *img, int fd, off_t size)
{
	_cleanup_free_ char *buf = malloc(COPY_STEP);
	int r = buf ? 0 : -ENOMEM;

	for (off_t pos = 0; r == 0 && pos < size;) {
		size_t n = MIN((size_t)(size - pos), COPY_STEP);

		r = pread_full(fd, buf, n, pos);
		if (r == 0)
			r = image_put_raw(img, buf, n);
		pos += n;
	}
	return r;
}

static int put_content(struct image_out *img, const struct fd_view *v, int fd, bool chunks)
{
	if (!S_ISREG(v->st.st_mode))
		return 0;
	return chunks ? put_chunks(img, fd, v->st.st_size) : put_whole(img, fd, v->st.st_size);
}

/* "#123" is what the kernel calls inode 123 of O_TMPFILE; d_tmpfile() of fs/dcache.c. */
static bool never_linked(const struct fd_view *v, const char *path)
{
	const char *name = strrchr(path, '/');
	uint64_t ino;

	return name && name[1] == '#' && parse_u64(name + 2, 10, &ino) && ino == v->st.st_ino;
}

/* Its own descriptor: the task's may be write-only, and has a position. */
static int open_for_reading(const struct fd_view *v, const char *path)
{
	char link[FD_LINK_SIZE];
	bool opened = v->fd >= 0 && !(v->flags & O_PATH);
	int fd, leased = opened ? filelock_leases(v) : filelock_leased(v);

	if (leased < 0)
		return leased;
	if (!leased) {
		fd = open(fd_link(v->copy, link), O_RDONLY | O_NOATIME | O_CLOEXEC);
		return fd < 0 ? log_err(-errno, "%s: open %s", fd_view_name(v), path) : fd;
	}
	/* That would break the lease. */
	if (v->flags & O_PATH || (v->flags & O_ACCMODE) == O_WRONLY ||
	    v->st.st_blocks * 512 < v->st.st_size)
		return log_refuse("%s: %s is unlinked and leased, and its content cannot be had "
				  "without breaking that",
				  fd_view_name(v), path);
	fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? log_err(-errno, "%s", fd_view_name(v)) : fd;
}

int ghost_dump(const struct fd_view *v, const char *path, uint32_t id)
{
	const struct stat *st = &v->st;
	GhostFileEntry e = GHOST_FILE_ENTRY__INIT;
	_cleanup_image_ struct image_out img = {};
	_cleanup_close_ int fd = -EBADF;
	char target[PATH_MAX];
	int r;

	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)) {
		fd = open_for_reading(v, path);
		if (fd < 0)
			return fd;
	}
	e.uid = st->st_uid;
	e.gid = st->st_gid;
	e.mode = st->st_mode;
	e.has_dev = e.has_ino = true;
	e.dev = st->st_dev;
	e.ino = st->st_ino;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		e.has_rdev = true;
		e.rdev = st->st_rdev;
	}
	if (S_ISREG(st->st_mode)) {
		e.has_size = true;
		e.size = st->st_size;
		/* Fewer blocks than bytes: there are holes to keep. */
		e.has_chunks = e.chunks = st->st_blocks * 512 < st->st_size || huge_file(fd);
		e.has_tmpfile = e.tmpfile = never_linked(v, path);
	}
	if (S_ISLNK(st->st_mode)) {
		r = read_link_at(v->copy, "", target, sizeof(target));
		if (r < 0)
			return log_err(r, "%s: target of %s", fd_view_name(v), path);
		e.symlnk_target = target;
	}
	r = ghost_inode_dump(fd >= 0 ? fd : v->copy, st, &v->dump->arena, &e);
	if (r < 0)
		return log_err(r, "%s: attributes of %s", fd_view_name(v), path);
	r = image_create(&v->dump->images, IMAGE_GHOST_FILE, id, &img);
	if (r == 0)
		r = image_put(&img, &e.base);
	if (r == 0)
		r = put_content(&img, v, fd, e.chunks);
	if (r < 0)
		return log_err(r, "%s: content of the unlinked file %s", fd_view_name(v), path);
	return image_close(&img);
}
