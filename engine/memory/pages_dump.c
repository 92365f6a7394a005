// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages from tasks and shared segments into images, on all CPUs. Everything is cut into parts of at
 * most PART bytes, each with its place in an image, so that parts need not know of each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/crc32c.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/image/values.h"
#include "engine/inject/inject.h"
#include "proto/pagemap.pb-c.h"

#define PART     (2UL << 20)
/* Copied in and out in steps that stay in the CPU's cache. */
#define STEP     (256UL << 10)
#define MAX_RUNS 256

struct part {
	unsigned int source, run; /* begins in this run, */
	uint64_t skip;            /* this many bytes behind its start */
	uint64_t pos, len;        /* place in the image */
	uint32_t crc;
};

struct dump_memory *memory_of(struct dump *d)
{
	if (!d->memory)
		d->memory = calloc(1, sizeof(*d->memory));
	return d->memory;
}

struct page_source *memory_add_source(struct dump *d, struct task *t, uint64_t id)
{
	struct dump_memory *m = memory_of(d);
	struct page_source *s;

	if (!m)
		return NULL;
	if (m->n == m->cap) {
		unsigned int cap = MAX(m->cap * 2, 16U);

		s = realloc(m->source, cap * sizeof(*s));
		if (!s)
			return NULL;
		m->source = s;
		m->cap = cap;
	}
	s = &m->source[m->n++];
	*s = (struct page_source){ .task = t, .fd = -EBADF, .id = id, .out = -EBADF };
	s->pages_id = m->n;
	return s;
}

void memory_dump_free(struct dump *d)
{
	struct dump_memory *m = d->memory;

	if (!m)
		return;
	for (unsigned int i = 0; i < m->n; i++) {
		page_runs_done(&m->source[i].runs);
		cleanup_close(&m->source[i].fd);
		cleanup_close(&m->source[i].out);
	}
	HASH_CLEAR(hh, m->segments);
	HASH_CLEAR(hh, m->mapped);
	free(m->source);
	free(m);
	d->memory = NULL;
}

/* ---- parts ---- */

static int cut(struct dump_memory *m, struct part **ret, size_t *ret_n)
{
	_cleanup_free_ struct part *part = NULL;
	size_t n = 0, cap = 0;

	for (unsigned int i = 0; i < m->n; i++) {
		const struct page_runs *runs = &m->source[i].runs;
		uint64_t left = runs->pages * PAGE, pos = 0, skip = 0;
		unsigned int run = 0;

		while (left) {
			uint64_t len = MIN(left, PART), ahead = len;

			if (n == cap) {
				struct part *more;

				cap = MAX(cap * 2, (size_t)64);
				more = realloc(part, cap * sizeof(*more));
				if (!more)
					return -ENOMEM;
				part = more;
			}
			part[n++] = (struct part){
				.source = i, .run = run, .skip = skip, .pos = pos, .len = len
			};
			while (ahead) {
				uint64_t here = runs->run[run].end - runs->run[run].start - skip;
				uint64_t take = MIN(here, ahead);

				ahead -= take;
				skip += take;
				if (take == here) {
					run++;
					skip = 0;
				}
			}
			pos += len;
			left -= len;
		}
	}
	*ret = TAKE_PTR(part);
	*ret_n = n;
	return 0;
}

/* Memory that its own task may not read (PROT_NONE) is read through /proc/PID/mem all the same. */
static int read_one(struct page_source *s, char *to, const struct iovec *from)
{
	struct iovec here = { to, from->iov_len };
	char path[64];

	if (s->task &&
	    process_vm_readv(s->task->pid, &here, 1, from, 1, 0) == (ssize_t)from->iov_len)
		return 0;
	if (s->fd < 0) {
		/* Two parts may get here at once: one descriptor too many does not hurt. */
		snprintf(path, sizeof(path), "/proc/%d/mem", s->task->pid);
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (s->fd < 0)
			return -errno;
	}
	return pread_full(s->fd, to, from->iov_len, (uintptr_t)from->iov_base);
}

static int read_pages(struct page_source *s, char *to, const struct iovec *from, unsigned int n,
		      size_t len)
{
	struct iovec here = { to, len };
	int r = 0;

	if (s->task && process_vm_readv(s->task->pid, &here, 1, from, n, 0) == (ssize_t)len)
		return 0;
	for (unsigned int i = 0; r == 0 && i < n; i++) {
		r = read_one(s, to, &from[i]);
		to += from[i].iov_len;
	}
	return r;
}

static int copy_part(void *arg, size_t index)
{
	_cleanup_free_ char *step = aligned_alloc(PAGE, STEP);
	struct dump *d = arg;
	struct part *p = &d->memory->part[index];
	struct page_source *s = &d->memory->source[p->source];
	uint64_t skip = p->skip, pos = p->pos, left = p->len;
	unsigned int run = p->run;
	int r;

	if (!step)
		return -ENOMEM;
	while (left) {
		struct iovec from[MAX_RUNS];
		unsigned int n = 0;
		size_t len = 0;

		while (left && len < STEP && n < MAX_RUNS) {
			const struct page_run *at = &s->runs.run[run];
			size_t here = at->end - at->start - skip;
			size_t take = MIN(MIN(here, STEP - len), left);

			from[n++] = (struct iovec){ (void *)(at->start + skip), take };
			len += take;
			left -= take;
			skip += take;
			if (take == here) {
				run++;
				skip = 0;
			}
		}
		r = read_pages(s, step, from, n, len);
		if (r < 0)
			return log_err(r, s->task ? "task %jd: its memory" : "shared memory %jd",
				       (intmax_t)s->id);
		if (s->task)
			inject_hide_gate(s->task, step, from, n);
		p->crc = crc32c(p->crc, step, len);
		r = pwrite_full(s->out, step, len, pos);
		if (r < 0)
			return log_err(r, "pages-%u.img", s->pages_id);
		pos += len;
	}
	return 0;
}

/* ---- images ---- */

static int write_pagemap(struct dump *d, struct page_source *s)
{
	enum image_type type = s->task ? IMAGE_PAGEMAP : IMAGE_SHMEM_PAGEMAP;
	_cleanup_image_ struct image_out img = {};
	PagemapHead head = PAGEMAP_HEAD__INIT;
	int r;

	head.pages_id = s->pages_id;
	r = image_create(&d->images, type, s->id, &img);
	if (r == 0)
		r = image_put(&img, &head.base);
	for (unsigned int i = 0; r == 0 && i < s->runs.n; i++) {
		PagemapEntry e = PAGEMAP_ENTRY__INIT;

		e.vaddr = s->runs.run[i].start;
		e.has_nr_pages = true;
		e.nr_pages = (s->runs.run[i].end - s->runs.run[i].start) / PAGE;
		e.compat_nr_pages = e.nr_pages;
		e.has_flags = true;
		e.flags = PE_PRESENT;
		r = image_put(&img, &e.base);
	}
	return r < 0 ? r : image_close(&img);
}

static int account(struct dump *d, const struct part *part, size_t n)
{
	struct dump_memory *m = d->memory;
	size_t at = 0;
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < m->n; i++) {
		struct page_source *s = &m->source[i];
		char name[IMAGE_NAME_SIZE];
		uint32_t crc = 0;

		for (; at < n && part[at].source == i; at++)
			crc = crc32c_combine(crc, part[at].crc, part[at].len);
		r = image_add_file(&d->images, image_name(IMAGE_PAGES, s->pages_id, name),
				   s->runs.pages * PAGE, crc);
		if (s->task)
			d->stats.pages_written += s->runs.pages;
		else
			d->stats.shmem_pages_written += s->runs.pages;
	}
	return r;
}

int memory_dump_pages(struct dump *d)
{
	struct dump_memory *m = memory_of(d);
	size_t n;
	int r = 0;

	if (!m)
		return -ENOMEM;
	for (unsigned int i = 0; r == 0 && i < m->n; i++) {
		struct page_source *s = &m->source[i];

		s->out = image_create_raw(&d->images, IMAGE_PAGES, s->pages_id);
		r = s->out < 0 ? s->out : write_pagemap(d, s);
	}
	if (r == 0)
		r = cut(m, &m->part, &n);
	if (r == 0)
		r = parallel_for(n, copy_part, d);
	if (r == 0)
		r = account(d, m->part, n);
	free(m->part);
	m->part = NULL;
	return r;
}
