// SPDX-License-Identifier: GPL-2.0-only
/* Files that are mapped, each saved once; and the segments of shared memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/objects/files.h"
#include "huge.h"
#include "overlay.h"

static int map_file_open(struct task *t, const struct vm_area *a, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "map_files/%jx-%jx", (uintmax_t)a->start, (uintmax_t)a->end);
	fd = openat(t->proc, path, flags | O_CLOEXEC);
	return fd < 0 ? log_err(-errno, "task %d: file of mapping %jx-%jx (%s)", t->pid,
				(uintmax_t)a->start, (uintmax_t)a->end, area_name(a))
		      : fd;
}

int mapped_file_id(struct dump *d, struct task *t, const struct vm_area *a, int flags, uint32_t *id)
{
	struct dump_memory *m = memory_of(d);
	_cleanup_close_ int fd = -EBADF;
	struct mapped *first, *f, key;
	bool on_overlay;
	int r;

	memset(&key, 0, sizeof(key));
	key.key.dev = a->dev;
	key.key.ino = a->ino;
	key.key.flags = flags;
	HASH_FIND(hh, m->mapped, &key.key, sizeof(key.key), first);
	for (f = first; f && !streq(f->name, a->name); f = f->next)
		;
	if (f && !f->on_overlay) {
		*id = f->id;
		return 0;
	}
	/* Without opening it: it may be a device. */
	fd = map_file_open(t, a, O_PATH);
	if (fd < 0)
		return fd;
	r = overlay_check(t, a, fd);
	if (r >= 0 && f) {
		*id = f->id;
		return 0;
	}
	on_overlay = r > 0;
	if (r >= 0)
		r = file_dump_extra(d, t->pid, fd, flags, "a mapped file", id);
	if (r < 0)
		return r;
	f = arena_new(&d->arena, struct mapped);
	if (!f)
		return -ENOMEM;
	f->key = key.key;
	f->id = *id;
	f->on_overlay = on_overlay;
	f->name = arena_strdup(&d->arena, a->name);
	if (!f->name)
		return -ENOMEM;
	if (first) {
		f->next = first->next;
		first->next = f;
	} else {
		HASH_ADD(hh, m->mapped, key, sizeof(f->key), f);
	}
	return 0;
}

/* The parts of a segment that have pages, swapped out or not, whoever has them mapped. */
static int segment_runs(struct page_source *s)
{
	struct stat st;
	off_t data, hole;

	if (fstat(s->fd, &st) < 0)
		return -errno;
	if (huge_file(s->fd))
		return huge_file_runs(s->fd, &s->runs);
	for (off_t at = 0; at < st.st_size; at = hole) {
		int r;

		data = lseek(s->fd, at, SEEK_DATA);
		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(s->fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		/* 5.10: "none behind this" overflows in files as long as can be, and says "here". */
		if (hole == data)
			return st.st_size > INT64_MAX - (off_t)PAGE ? 0 : -EIO;
		hole = ALIGN_UP(hole, PAGE);
		r = page_runs_add(&s->runs, ALIGN_DOWN(data, PAGE), hole);
		if (r < 0)
			return r;
	}
	return 0;
}

int memory_add_segment(struct dump *d, uint64_t id, int fd)
{
	struct page_source *s = memory_add_source(d, NULL, id);
	int r;

	if (!s)
		return -ENOMEM;
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (s->fd < 0)
		return -errno;
	r = segment_runs(s);
	d->stats.shmem_pages_scanned += s->runs.pages;
	return r;
}

int memory_dump_segment(struct dump *d, const struct stat *st, int fd, uint64_t *id)
{
	struct dump_memory *m = memory_of(d);
	struct segment *seg, key;

	if (!m)
		return -ENOMEM;
	memset(&key, 0, sizeof(key));
	key.key.dev = st->st_dev;
	key.key.ino = st->st_ino;
	HASH_FIND(hh, m->segments, &key.key, sizeof(key.key), seg);
	if (seg) {
		*id = seg->id;
		return 0;
	}
	seg = arena_new(&d->arena, struct segment);
	if (!seg)
		return -ENOMEM;
	seg->key = key.key;
	HASH_ADD(hh, m->segments, key, sizeof(seg->key), seg);
	/* Above the ids of System V segments, which have their own for a number. */
	*id = seg->id = (1U << 31) + HASH_COUNT(m->segments);
	return memory_add_segment(d, seg->id, fd);
}
