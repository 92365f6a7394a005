// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "huge.h"
#include "restore.h"
#include "sysv.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since 5.14 */
#endif

#ifndef MFD_EXEC
#define MFD_EXEC 0x10 /* since 6.3 */
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x08 /* since 6.3 */
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

#define PART     (4UL << 20)
#define MAX_RUNS 512
/* Below this, threads cost more than they gain. */
#define ALONE    (8UL << 20)

/* One fault after the other costs more than copying the page: have them all at once. */
static void populate(const struct page_copy *c)
{
	/* An older kernel faults them in one by one. */
	if (c->populate && c->len > 16 * PAGE)
		(void)madvise(c->to, c->len, MADV_POPULATE_WRITE);
}

/* Runs that follow each other in the file are read by one call. */
static int read_together(int fd, const struct page_copy *copy, size_t n)
{
	struct iovec v[MAX_RUNS];
	size_t i = 0;

	while (i < n) {
		uint64_t pos = copy[i].pos, len = 0;
		int used = 0;
		ssize_t got;

		if (copy[i].place) {
			int r = place_pages(copy[i].place, copy[i].to, pos, copy[i].len);

			if (r < 0)
				return r;
			i++;
			continue;
		}
		while (i + used < n && used < MAX_RUNS && copy[i + used].pos == pos + len &&
		       !copy[i + used].place) {
			populate(&copy[i + used]);
			v[used] = (struct iovec){ copy[i + used].to, copy[i + used].len };
			len += copy[i + used].len;
			used++;
		}
		got = preadv(fd, v, used, pos);
		if (got < 0)
			return -errno;
		if ((uint64_t)got != len) {
			/* Interrupted, or at the end: run by run tells which. */
			for (int j = 0; j < used; j++) {
				int r = pread_full(fd, copy[i + j].to, copy[i + j].len,
						   copy[i + j].pos);

				if (r < 0)
					return r;
			}
		}
		i += used;
	}
	return 0;
}

/* Pieces that one thread reads in one go. */
struct part {
	size_t first, n;
};

struct job {
	int fd;
	struct page_copy *piece;
	struct part *part;
};

static int read_part(void *arg, size_t i)
{
	const struct job *job = arg;

	return read_together(job->fd, job->piece + job->part[i].first, job->part[i].n);
}

/* Cuts what is longer than a part, and puts together what is shorter. */
static size_t cut(const struct page_copy *copy, size_t n, struct page_copy *piece,
		  struct part *part)
{
	size_t pieces = 0, parts = 0;
	uint64_t bytes = PART;

	for (size_t i = 0; i < n; i++)
		for (uint64_t at = 0, len; at < copy[i].len; at += len) {
			len = MIN(PART, copy[i].len - at);
			if (bytes + len > PART) {
				part[parts++] = (struct part){ .first = pieces };
				bytes = 0;
			}
			part[parts - 1].n++;
			bytes += len;
			piece[pieces] = copy[i];
			piece[pieces].to += at;
			piece[pieces].pos += at;
			piece[pieces++].len = len;
		}
	return parts;
}

int pages_read(int fd, const struct page_copy *copy, size_t n)
{
	_cleanup_free_ struct page_copy *piece = NULL;
	_cleanup_free_ struct part *part = NULL;
	uint64_t bytes = 0;
	size_t pieces = 0;
	struct job job;

	for (size_t i = 0; i < n; i++) {
		bytes += copy[i].len;
		pieces += copy[i].len / PART + 1;
	}
	if (bytes < ALONE || parallel_cpus() == 1)
		return read_together(fd, copy, n);

	piece = calloc(pieces, sizeof(*piece));
	part = calloc(pieces, sizeof(*part));
	if (!piece || !part)
		return -ENOMEM;
	job = (struct job){ .fd = fd, .piece = piece, .part = part };
	return parallel_for(cut(copy, n, piece, part), read_part, &job);
}

int pages_fill(struct restore *r, const struct plan_pages *p, char *at, uint64_t begin)
{
	_cleanup_free_ struct page_copy *copy = calloc(p->n + 1, sizeof(*copy));
	_cleanup_close_ int fd = -EBADF;
	uint64_t size;
	int ret;

	if (!copy)
		return -ENOMEM;
	if (!p->n)
		return 0;
	fd = image_open_raw(&r->set, IMAGE_PAGES, p->pages_id, &size);
	if (fd < 0)
		return fd;
	for (unsigned int i = 0; i < p->n; i++) {
		const struct plan_run *run = &p->run[i];

		copy[i] = (struct page_copy){ .to = at + (run->start - begin),
					      .pos = run->pos,
					      .len = run->end - run->start };
	}
	ret = pages_read(fd, copy, p->n);
	__atomic_fetch_add(&r->stats->pages_restored, p->bytes / PAGE, __ATOMIC_RELAXED);
	return ret;
}

/* A segment may be larger than any address space. Holes of this size are not mapped. */
#define FAR (UINT64_C(1) << 30)

/* The runs from number `i` on that follow one another closely. */
static struct plan_pages near_runs(const struct plan_pages *all, unsigned int i)
{
	struct plan_pages p = { .pages_id = all->pages_id, .run = all->run + i };

	do {
		p.bytes += p.run[p.n].end - p.run[p.n].start;
		p.n++;
	} while (i + p.n < all->n && p.run[p.n].start - p.run[p.n - 1].end < FAR);
	return p;
}

static int fill_near(struct restore *r, const struct plan_segment *s, const struct plan_pages *p)
{
	uint64_t page = segment_is_huge(s) ? huge_page_size(s->memfd->hugetlb_flag) : PAGE;
	uint64_t begin = p->run[0].start & ~(page - 1);
	uint64_t len = ALIGN_UP(p->run[p->n - 1].end - begin, page);
	char *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, s->fd,
			(off_t)begin);
	int ret;

	if (at == MAP_FAILED)
		return -errno;
	ret = pages_fill(r, p, at, begin);
	munmap(at, len);
	return ret;
}

static int fill_segment(struct restore *r, const struct plan_segment *s)
{
	struct plan_pages p;
	int ret = 0;

	for (unsigned int i = 0; ret == 0 && i < s->pages.n; i += p.n) {
		p = near_runs(&s->pages, i);
		ret = fill_near(r, s, &p);
	}
	return ret;
}

/*
 * Shared anonymous memory, and the file behind it, which tasks map wherever it goes. Huge pages are
 * reserved by mappings of theirs, not by this one.
 */
static int make_anonymous(struct plan_segment *s)
{
	int flags = MAP_SHARED | MAP_ANONYMOUS;
	char path[96], *at;

	if (segment_is_huge(s))
		flags |= MAP_HUGETLB | MAP_NORESERVE |
			 (int)(s->memfd->hugetlb_flag & (uint32_t)MAP_HUGE_MASK << MAP_HUGE_SHIFT);
	at = mmap(NULL, s->size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/map_files/%jx-%jx", (uintmax_t)(uintptr_t)at,
		 (uintmax_t)((uintptr_t)at + s->size));
	s->fd = open(path, O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		s->fd = -errno;
	munmap(at, s->size);
	return MIN(s->fd, 0);
}

static int create_memfd(const MemfdInodeEntry *e)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | e->hugetlb_flag;
	/* Not to be executed is what sysctl vm.memfd_noexec may make the default. */
	int fd = memfd_create(e->name, flags | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(e->name, flags);
	/* Or nothing else is allowed. */
	if (fd < 0 && errno == EACCES && e->seals & F_SEAL_EXEC)
		fd = memfd_create(e->name, flags | MFD_NOEXEC_SEAL);
	return fd < 0 ? -errno : fd;
}

static int make_memfd(struct plan_segment *s)
{
	s->fd = create_memfd(s->memfd);
	if (s->fd < 0)
		return s->fd;
	return ftruncate(s->fd, (off_t)MIN(s->size, (uint64_t)INT64_MAX)) < 0 ? -errno : 0;
}

/* What the kernel calls all shared anonymous memory. */
static bool is_memfd(const struct plan_segment *s)
{
	if (!s->memfd || s->memfd->has_created)
		return s->memfd && s->memfd->created;
	return !streq(s->memfd->name, "/dev/zero") && !streq(s->memfd->name, "/anon_hugepage");
}

/* As one finds it through a descriptor. Its size need not be that of what was mapped of it. */
static int settle_file(const struct plan_segment *s)
{
	const MemfdInodeEntry *e = s->memfd;

	if (!e)
		return 0;
	if (ftruncate(s->fd, e->size) < 0 || fchown(s->fd, e->uid, e->gid) < 0 ||
	    (e->has_mode && fchmod(s->fd, e->mode & 07777) < 0))
		return -errno;
	return 0;
}

int memory_prepare(struct restore *r)
{
	struct plan_segment *s, *next;

	HASH_ITER(hh, r->segments, s, next) {
		int ret = is_memfd(s) ? make_memfd(s) : make_anonymous(s);

		if (ret == 0)
			ret = fill_segment(r, s);
		if (ret == 0)
			ret = settle_file(s);
		if (ret < 0)
			return log_err(ret, "shared memory %ju of %ju bytes%s", (uintmax_t)s->id,
				       (uintmax_t)s->size,
				       segment_is_huge(s) ? ", in huge pages" : "");
	}
	return sysv_prepare(r);
}

int memory_segment_fd(const struct plan_segment *s)
{
	return s->fd;
}

void memory_done(struct restore *r, bool ok)
{
	sysv_finish(r, ok);
}

int memory_seal(struct restore *r)
{
	struct plan_segment *s, *next;

	HASH_ITER(hh, r->segments, s, next)
		if (is_memfd(s) && s->memfd->seals &&
		    fcntl(s->fd, F_ADD_SEALS, (int)s->memfd->seals) < 0)
			return log_err(-errno, "seals %#x of memfd \"%s\"", s->memfd->seals,
				       s->memfd->name);
	return 0;
}
