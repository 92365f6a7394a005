// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages from tasks and shared segments into images, on all CPUs. Everything is cut into parts of at
 * most ROOM_PART bytes, each with its place in an image, so that parts need not know of each other.
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
#include "engine/kernel/syscalls.h"
#include "proto/pagemap.pb-c.h"

/* Read in steps that are still in the CPU's cache when they are counted. */
#define STEP     (256UL << 10)
#define MAX_RUNS 256

struct part {
	struct page_source *source;
	unsigned int run;  /* begins in this run, */
	uint64_t skip;     /* this many bytes behind its start */
	uint64_t pos, len; /* place in the image */
	uint32_t crc;
	bool left; /* for the tracer */
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
		struct page_source **more = realloc(m->source, cap * sizeof(*more));

		if (!more)
			return NULL;
		m->source = more;
		m->cap = cap;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	*s = (struct page_source){ .task = t, .fd = -EBADF, .id = id };
	return m->source[m->n++] = s;
}

void memory_dump_free(struct dump *d)
{
	struct dump_memory *m = d->memory;

	if (!m)
		return;
	for (unsigned int i = 0; i < m->n; i++) {
		page_runs_done(&m->source[i]->runs);
		cleanup_close(&m->source[i]->fd);
		free(m->source[i]);
	}
	HASH_CLEAR(hh, m->segments);
	HASH_CLEAR(hh, m->mapped);
	free(m->source);
	free(m);
	d->memory = NULL;
}

/* ---- parts ---- */

/* The next run or piece of one, at most `max` bytes of it. */
static struct iovec next_piece(const struct page_runs *runs, unsigned int *run, uint64_t *skip,
			       uint64_t max)
{
	const struct page_run *at = &runs->run[*run];
	uint64_t here = at->end - at->start - *skip;
	struct iovec v = { (void *)(at->start + *skip), MIN(here, max) };

	*skip += v.iov_len;
	if (v.iov_len == here) {
		(*run)++;
		*skip = 0;
	}
	return v;
}

static int cut(struct dump_memory *m, struct part **ret, size_t *ret_n)
{
	_cleanup_free_ struct part *part = NULL;
	size_t n = 0, cap = 0;

	for (unsigned int i = m->first; i < m->n; i++) {
		const struct page_runs *runs = &m->source[i]->runs;
		uint64_t left = runs->pages * PAGE, pos = 0, skip = 0;
		unsigned int run = 0;

		while (left) {
			uint64_t len = MIN(left, ROOM_PART), ahead = len;

			if (n == cap) {
				struct part *more;

				cap = MAX(cap * 2, (size_t)64);
				more = realloc(part, cap * sizeof(*more));
				if (!more)
					return -ENOMEM;
				part = more;
			}
			part[n++] = (struct part){ .source = m->source[i],
						   .run = run,
						   .skip = skip,
						   .pos = pos,
						   .len = len };
			while (ahead) {
				ahead -= next_piece(runs, &run, &skip, ahead).iov_len;
			}
			pos += len;
			left -= len;
		}
	}
	*ret = TAKE_PTR(part);
	*ret_n = n;
	return 0;
}

/* The last page of shared memory, which may end within it. */
static int read_end(const struct page_source *s, char *to, const struct iovec *from)
{
	uint64_t pos = (uintptr_t)from->iov_base;
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size <= pos || (uint64_t)st.st_size >= pos + from->iov_len)
		return -ENODATA;
	memset(to + (st.st_size - pos), 0, from->iov_len - (st.st_size - pos));
	return pread_full(s->fd, to, st.st_size - pos, pos);
}

/*
 * process_vm_readv(2) is the fastest, but pins what it reads, and since 5.19 (a7f226604170) a page that
 * is shared after a fork, or merged, is copied for that: the target would need more memory afterwards.
 * Of huge ones there may be none left, and then somebody loses the page.
 */
static ssize_t read_pinned(const struct page_source *s, char *to, const struct iovec *from,
			   unsigned int n, size_t len)
{
	struct iovec here = { to, len };

	if (!s->task || s->pin_nothing)
		return -1;
	return process_vm_readv(s->task->pid, &here, 1, from, n, 0);
}

/* Two parts may get here at once: the descriptor of the first is that of both. */
static int open_source(struct page_source *s)
{
	int there = __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE), fd;
	char path[64];

	if (there >= 0)
		return there;
	snprintf(path, sizeof(path), "/proc/%d/mem", s->task->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (__atomic_compare_exchange_n(&s->fd, &there, fd, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fd;
	close(fd);
	return there;
}

/* Memory that its own task may not read (PROT_NONE) is read through /proc/PID/mem all the same. */
static int read_one(struct page_source *s, char *to, const struct iovec *from)
{
	int fd, r;

	if (read_pinned(s, to, from, 1, from->iov_len) == (ssize_t)from->iov_len)
		return 0;
	fd = open_source(s);
	if (fd < 0)
		return fd;
	r = pread_full(fd, to, from->iov_len, (uintptr_t)from->iov_base);
	return r == -ENODATA && !s->task ? read_end(s, to, from) : r;
}

static int read_pages(struct page_source *s, char *to, const struct iovec *from, unsigned int n,
		      size_t len)
{
	int r = 0;

	if (read_pinned(s, to, from, n, len) == (ssize_t)len)
		return 0;
	for (unsigned int i = 0; r == 0 && i < n; i++) {
		r = read_one(s, to, &from[i]);
		to += from[i].iov_len;
	}
	return r;
}

static int read_part(struct page_source *s, struct part *p, char *to)
{
	uint64_t skip = p->skip, left = p->len;
	unsigned int run = p->run;

	while (left) {
		struct iovec from[MAX_RUNS];
		unsigned int n = 0;
		size_t len = 0;
		int r;

		while (left && len < STEP && n < MAX_RUNS) {
			from[n] = next_piece(&s->runs, &run, &skip, MIN(STEP - len, left));
			len += from[n].iov_len;
			left -= from[n++].iov_len;
		}
		r = read_pages(s, to, from, n, len);
		if (r < 0)
			return r;
		if (s->task)
			inject_hide_gate(s->task, to, from, n);
		p->crc = crc32c(p->crc, to, len);
		to += len;
	}
	return 0;
}

/* From both ends in turns: there is room in memory at the end, and turns are taken at the begin. */
static struct part *part_of(struct dump_memory *m, size_t index)
{
	return &m->part[index % 2 ? m->n_parts - 1 - index / 2 : index / 2];
}

/*
 * What a task may not read itself others read by force. Since 6.12 (41e8149c8892) a kernel can be made
 * to let only the tracer do so, which is one thread: what is EIO to others is left for that one.
 */
static int copy(struct part *p, bool tracer)
{
	struct page_source *s = p->source;
	char *room = room_at(&s->out->room, p->pos, p->len);
	_cleanup_free_ char *buf = room ? NULL : aligned_alloc(PAGE, p->len);
	int r;

	if (!room && !buf)
		return -ENOMEM;
	p->crc = 0;
	r = read_part(s, p, room ?: buf);
	p->left = r == -EIO && s->task && !tracer;
	if (p->left)
		return 0;
	if (r < 0)
		return log_err(r, s->task ? "task %jd: its memory" : "shared memory %jd",
			       (intmax_t)s->id);
	if (room)
		return 0;
	pthread_mutex_lock(&s->out->turn);
	r = pwrite_full(s->out->fd, buf, p->len, p->pos);
	pthread_mutex_unlock(&s->out->turn);
	return r < 0 ? log_err(r, "pages-%u.img", s->out->id) : 0;
}

static int copy_part(void *arg, size_t index)
{
	struct dump *d = arg;

	if (__atomic_load_n(&d->memory->given_up, __ATOMIC_RELAXED))
		return -ECANCELED;
	return copy(part_of(d->memory, index), false);
}

/* ---- images ---- */

static int write_pagemap(struct dump *d, struct page_source *s)
{
	enum image_type type = s->task ? IMAGE_PAGEMAP : IMAGE_SHMEM_PAGEMAP;
	_cleanup_image_ struct image_out img = {};
	PagemapHead head = PAGEMAP_HEAD__INIT;
	int r;

	head.pages_id = s->out->id;
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

static void account(struct dump *d)
{
	struct dump_memory *m = d->memory;
	size_t at = 0;

	for (; m->first < m->begun; m->first++) {
		struct page_source *s = m->source[m->first];
		uint32_t crc = 0;

		for (; at < m->n_parts && m->part[at].source == s; at++)
			crc = crc32c_combine(crc, m->part[at].crc, m->part[at].len);
		image_raw_done(&d->images, s->out->index, s->runs.pages * PAGE, crc);
		if (s->task)
			d->stats.pages_written += s->runs.pages;
		else
			d->stats.shmem_pages_written += s->runs.pages;
	}
}

int memory_pages_begin(struct dump *d)
{
	struct dump_memory *m = memory_of(d);
	int r = 0;

	if (!m)
		return -ENOMEM;
	for (unsigned int i = m->first; r == 0 && i < m->n; i++) {
		r = pages_file_of(d, m->source[i]);
		if (r == 0)
			r = write_pagemap(d, m->source[i]);
	}
	m->begun = m->n;
	if (r == 0)
		r = cut(m, &m->part, &m->n_parts);
	if (r == 0) {
		m->copying = parallel_begin(m->n_parts, copy_part, d);
		r = m->copying ? 0 : -ENOMEM;
	}
	return r;
}

static int finish(struct dump *d)
{
	struct dump_memory *m = d->memory;
	int r = parallel_end(TAKE_PTR(m->copying));

	for (size_t i = 0; r == 0 && i < m->n_parts; i++)
		if (m->part[i].left)
			r = copy(&m->part[i], true);
	if (r == 0)
		account(d);
	free(TAKE_PTR(m->part));
	return r;
}

int memory_pages_end(struct dump *d)
{
	int r = finish(d);

	if (r == 0 && d->memory->first < d->memory->n) {
		r = memory_pages_begin(d);
		if (r == 0)
			r = finish(d);
	}
	pages_files_done(d);
	return r;
}

void memory_pages_give_up(struct dump *d)
{
	if (!d->memory || !d->memory->copying)
		return;
	__atomic_store_n(&d->memory->given_up, true, __ATOMIC_RELAXED);
	(void)finish(d);
}
