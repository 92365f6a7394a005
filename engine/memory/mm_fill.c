// SPDX-License-Identifier: GPL-2.0-only
/* A task fills what it has mapped with the pages of the images. */
#include <errno.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "aio.h"
#include "restore.h"

/* The first run that ends behind an address. */
static unsigned int run_at(const struct plan_pages *p, uint64_t addr)
{
	unsigned int lo = 0, hi = p->n;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (p->run[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Pages the forker has here and we do not. */
static int drop_pages(const struct restore_task *t, const struct plan_vma *v)
{
	const struct plan_pages *from = &t->forker->memory->pages, *own = &t->memory->pages;
	unsigned int j = run_at(own, v->e->start);

	for (unsigned int i = run_at(from, v->e->start);
	     i < from->n && from->run[i].start < v->e->end; i++) {
		uint64_t at = MAX(from->run[i].start, v->e->start);
		uint64_t end = MIN(from->run[i].end, v->e->end);

		while (at < end) {
			uint64_t stop = end;

			while (j < own->n && own->run[j].end <= at)
				j++;
			if (j < own->n && own->run[j].start <= at) {
				at = own->run[j].end;
				continue;
			}
			if (j < own->n)
				stop = MIN(stop, own->run[j].start);
			if (madvise((void *)(v->at + (at - v->e->start)), stop - at,
				    MADV_DONTNEED) < 0)
				return log_err(-errno, "drop pages that came from the parent");
			at = stop;
		}
	}
	return 0;
}

/*
 * Inherited pages are compared with the images, and only those that differ are written: the others
 * stay shared with the parent.
 */
static int compare_pages(struct restore *r, int fd, const struct plan_vma *v, uint64_t start,
			 uint64_t end, uint64_t pos, char *buf, size_t buf_size)
{
	uint64_t skipped = 0;

	for (uint64_t at = start; at < end;) {
		char *to = (char *)(v->at + (at - v->e->start));
		size_t n = MIN(end - at, buf_size);
		int ret = pread_full(fd, buf, n, pos);

		if (ret < 0)
			return log_err(ret, "pages");
		for (size_t i = 0; i < n; i += PAGE) {
			if (memcmp(to + i, buf + i, PAGE) == 0)
				skipped++;
			else
				memcpy(to + i, buf + i, PAGE);
		}
		at += n;
		pos += n;
	}
	__atomic_fetch_add(&r->stats->pages_compared, (end - start) / PAGE, __ATOMIC_RELAXED);
	__atomic_fetch_add(&r->stats->pages_skipped_cow, skipped, __ATOMIC_RELAXED);
	return 0;
}

static int fill_ring(int fd, const struct plan_vma *v, uint64_t pos)
{
	_cleanup_free_ void *saved = malloc(vma_size(v));
	int ret = saved ? pread_full(fd, saved, vma_size(v), pos) : -ENOMEM;

	return ret < 0 ? log_err(ret, "ring %#jx of native AIO", (uintmax_t)v->e->start)
		       : aio_fill(v, saved);
}

/* Below this a userfaultfd and a mapping of the image cost more than they gain; and each mapping. */
#define WORTH_PLACING   (1UL << 20)
#define WORTH_A_MAPPING (64UL << 10)

static bool can_be_placed(const struct plan_vma *v)
{
	const unsigned int kinds = VMA_ANON_PRIVATE | VMA_FILE_PRIVATE | VMA_AIO_RING;
	uint64_t madv = v->e->has_madv ? v->e->madv : 0;

	return v->mapped && !v->inherited && (v->e->status & kinds) == VMA_ANON_PRIVATE &&
	       !vma_is_special(v->e) && !(v->e->flags & MAP_HUGETLB) &&
	       (v->e->flags & MAP_TYPE) == MAP_PRIVATE && !(madv & 1 << MADV_HUGEPAGE);
}

static uint64_t bytes_to_come(const struct plan_pages *p, const struct plan_vma *v)
{
	uint64_t bytes = 0;

	for (unsigned int i = run_at(p, v->e->start); i < p->n && p->run[i].start < v->e->end; i++)
		bytes += MIN(p->run[i].end, v->e->end) - MAX(p->run[i].start, v->e->start);
	return bytes;
}

/*
 * Neighbours are taken together: those that get their first pages one by one can never again become
 * one mapping, even if their protections are the same one day.
 */
static void take_to_place(struct plan_memory *m, struct place *place)
{
	for (unsigned int i = 0, n; i < m->n; i += n) {
		struct plan_vma *v = &m->vma[i];
		uint64_t bytes = 0;

		for (n = 0; i + n < m->n && can_be_placed(&v[n]); n++) {
			if (n > 0 && v[n].at != v[n - 1].at + vma_size(&v[n - 1]))
				break;
			bytes += bytes_to_come(&m->pages, &v[n]);
		}
		if (bytes >= WORTH_PLACING && bytes >= n * WORTH_A_MAPPING &&
		    place_take(place, (void *)v->at, v[n - 1].at + vma_size(&v[n - 1]) - v->at))
			for (unsigned int j = 0; j < n; j++)
				v[j].placed = true;
		n = MAX(n, 1U);
	}
}

#define COMPARE_BUF (64 * PAGE)

int memory_fill(struct restore *r, struct restore_task *t)
{
	struct plan_memory *m = t->memory;
	_cleanup_free_ struct page_copy *copy = NULL;
	_cleanup_free_ char *buf = NULL;
	_cleanup_close_ int fd = -EBADF;
	uint64_t size, restored = 0;
	struct place place;
	size_t n = 0;
	int ret;

	for (unsigned int i = 0; i < m->n; i++) {
		ret = m->vma[i].inherited ? drop_pages(t, &m->vma[i]) : 0;
		if (ret < 0)
			return ret;
	}
	if (!m->pages.n)
		return 0;
	fd = image_open_raw(&r->set, IMAGE_PAGES, m->pages.pages_id, &size);
	if (fd < 0)
		return log_err(fd, "pages-%u.img", m->pages.pages_id);
	/* A run is cut where one mapping ends and the next begins. */
	copy = calloc(m->pages.n + m->n, sizeof(*copy));
	buf = malloc(COMPARE_BUF);
	if (!copy || !buf)
		return -ENOMEM;
	place = place_init(fd, size);
	take_to_place(m, &place);

	for (unsigned int i = 0; i < m->pages.n; i++) {
		const struct plan_run *run = &m->pages.run[i];

		for (uint64_t at = run->start, end; at < run->end; at = end) {
			const struct plan_vma *v = plan_vma_at(m, at);
			uint64_t pos = run->pos + (at - run->start);

			end = MIN(run->end, v->e->end);
			if (vma_is_special(v->e))
				continue;
			if (v->e->status & VMA_AIO_RING) {
				ret = fill_ring(fd, v, pos);
				if (ret < 0)
					goto out;
				continue;
			}
			if (v->inherited) {
				ret = compare_pages(r, fd, v, at, end, pos, buf, COMPARE_BUF);
				if (ret < 0)
					goto out;
				continue;
			}
			copy[n++] = (struct page_copy){
				.to = (char *)(v->at + (at - v->e->start)),
				.pos = pos,
				.len = end - at,
				.populate = v->e->status & VMA_ANON_PRIVATE,
				.place = v->placed ? &place : NULL,
			};
			restored += end - at;
		}
	}
	ret = pages_read(fd, copy, n);
	if (ret < 0)
		log_err(ret, "pages-%u.img", m->pages.pages_id);
	else
		__atomic_fetch_add(&r->stats->pages_restored, restored / PAGE, __ATOMIC_RELAXED);
out:
	place_done(&place);
	return ret;
}
