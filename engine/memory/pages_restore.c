// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "restore.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since 5.14 */
#endif

#define PART     (4UL << 20)
#define MAX_RUNS 512
/* Below this, threads cost more than they gain. */
#define ALONE    (8UL << 20)

struct job {
	int fd;
	struct page_copy *part;
};

/* One fault after the other costs more than copying the page: have them all at once. */
static void populate(const struct page_copy *c)
{
	/* An older kernel faults them in one by one. */
	if (c->populate && c->len > 16 * PAGE)
		(void)madvise(c->to, c->len, MADV_POPULATE_WRITE);
}

static int read_part(void *arg, size_t i)
{
	struct job *job = arg;
	const struct page_copy *p = &job->part[i];

	populate(p);
	return pread_full(job->fd, p->to, p->len, p->pos);
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

		while (i + used < n && used < MAX_RUNS && copy[i + used].pos == pos + len) {
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

int pages_read(int fd, const struct page_copy *copy, size_t n)
{
	_cleanup_free_ struct page_copy *part = NULL;
	struct job job = { .fd = fd };
	uint64_t bytes = 0;
	size_t parts = 0;

	for (size_t i = 0; i < n; i++) {
		bytes += copy[i].len;
		parts += copy[i].len / PART + 1;
	}
	if (bytes < ALONE || parallel_cpus() == 1)
		return read_together(fd, copy, n);

	part = calloc(parts, sizeof(*part));
	if (!part)
		return -ENOMEM;
	parts = 0;
	for (size_t i = 0; i < n; i++)
		for (uint64_t at = 0; at < copy[i].len; at += PART)
			part[parts++] = (struct page_copy){
				.to = copy[i].to + at,
				.pos = copy[i].pos + at,
				.len = MIN(PART, copy[i].len - at),
				.populate = copy[i].populate,
			};
	job.part = part;
	return parallel_for(parts, read_part, &job);
}

static int fill_segment(struct restore *r, struct plan_segment *s, char *at)
{
	_cleanup_free_ struct page_copy *copy = calloc(s->pages.n + 1, sizeof(*copy));
	_cleanup_close_ int fd = -EBADF;
	uint64_t size;
	int ret;

	if (!copy)
		return -ENOMEM;
	if (!s->pages.n)
		return 0;
	fd = image_open_raw(&r->set, IMAGE_PAGES, s->pages.pages_id, &size);
	if (fd < 0)
		return fd;
	for (unsigned int i = 0; i < s->pages.n; i++) {
		const struct plan_run *run = &s->pages.run[i];

		copy[i] = (struct page_copy){ .to = at + run->start,
					      .pos = run->pos,
					      .len = run->end - run->start };
	}
	ret = pages_read(fd, copy, s->pages.n);
	__atomic_fetch_add(&r->stats->pages_restored, s->pages.bytes / PAGE, __ATOMIC_RELAXED);
	return ret;
}

int memory_prepare(struct restore *r)
{
	struct plan_segment *s, *next;

	HASH_ITER(hh, r->segments, s, next) {
		char *at = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);
		char path[96];
		int ret;

		if (at == MAP_FAILED)
			return log_err(-errno, "shared memory of %ju bytes", (uintmax_t)s->size);
		/* The file behind it: tasks map it by this descriptor, wherever it goes. */
		snprintf(path, sizeof(path), "/proc/self/map_files/%jx-%jx",
			 (uintmax_t)(uintptr_t)at, (uintmax_t)((uintptr_t)at + s->size));
		s->fd = open(path, O_RDWR | O_CLOEXEC);
		ret = s->fd < 0 ? -errno : fill_segment(r, s, at);
		munmap(at, s->size);
		if (ret < 0)
			return log_err(ret, "shared memory %ju", (uintmax_t)s->id);
	}
	return 0;
}
