// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/image/values.h"
#include "engine/objects/files.h"
#include "engine/restore/plan.h"
#include "proto/pagemap.pb-c.h"
#include "aio.h"
#include "huge.h"
#include "policy.h"
#include "restore.h"
#include "sysv.h"

#define ADDRESS_LIMIT (1UL << 47) /* of a task that does not ask for more */

bool vma_is_special(const VmaEntry *e)
{
	return e->status & (VMA_VDSO | VMA_VVAR | VMA_VSYSCALL);
}

struct plan_vma *plan_vma_at(const struct plan_memory *m, uint64_t addr)
{
	unsigned int lo = 0, hi = m->n;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (m->vma[mid].e->end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n && m->vma[lo].e->start <= addr ? &m->vma[lo] : NULL;
}

/* ---- pagemaps ---- */

static int take_run(struct restore *r, struct plan_pages *p, const PagemapEntry *e,
		    const char *image)
{
	uint64_t pages = e->has_nr_pages ? e->nr_pages : e->compat_nr_pages, end;
	struct plan_run *run = &p->run[p->n];

	if ((e->has_flags && e->flags & PE_PARENT) || (e->has_in_parent && e->in_parent))
		return log_refuse("%s: pages are in a parent directory: not supported yet", image);
	if (e->has_flags && !(e->flags & PE_PRESENT))
		return log_refuse(
			"%s: pages are to come from a lazy-pages daemon: not supported yet", image);
	if (e->vaddr % PAGE || pages == 0 || pages > ADDRESS_LIMIT / PAGE ||
	    __builtin_add_overflow(e->vaddr, pages * PAGE, &end))
		return log_bad_image("%s: %ju pages at %#jx", image, (uintmax_t)pages,
				     (uintmax_t)e->vaddr);
	if (p->n && p->run[p->n - 1].end > e->vaddr)
		return log_bad_image("%s: pages at %#jx come out of order", image,
				     (uintmax_t)e->vaddr);
	/* Other writers cut long ones, be it within a huge page. */
	if (p->n && p->run[p->n - 1].end == e->vaddr) {
		p->run[p->n - 1].end = end;
	} else {
		*run = (struct plan_run){ e->vaddr, end, p->bytes };
		p->n++;
	}
	p->bytes += pages * PAGE;
	return 0;
}

static int check_pages_file(struct restore *r, const struct plan_pages *p)
{
	_cleanup_close_ int fd = -EBADF;
	char name[IMAGE_NAME_SIZE];
	uint64_t size;

	image_name(IMAGE_PAGES, p->pages_id, name);
	fd = image_open_raw(&r->set, IMAGE_PAGES, p->pages_id, &size);
	if (fd == -ENOENT && p->bytes == 0)
		return 0;
	if (fd == -ENOENT)
		return log_bad_image("%s is missing", name);
	if (fd < 0)
		return plan_bad(r, fd);
	if (size < p->bytes)
		return log_bad_image("%s: truncated: %ju bytes, its pagemap speaks of %ju", name,
				     (uintmax_t)size, (uintmax_t)p->bytes);
	return 0;
}

int memory_read_pagemap(struct restore *r, enum image_type type, uint64_t id, struct plan_pages *p)
{
	struct image_in in;
	PagemapHead *head;
	PagemapEntry *e;
	int ret;

	ret = image_open(&r->set, type, id, &in);
	if (ret == -ENOENT)
		return log_bad_image("%s is missing", in.name);
	if (ret == 0)
		ret = image_get(&in, &pagemap_head__descriptor, &head);
	if (ret <= 0)
		return ret < 0 ? plan_bad(r, ret) : log_bad_image("%s: holds no record", in.name);
	p->pages_id = head->pages_id;
	/* An entry takes at least 8 bytes. */
	p->run = arena_array(&r->arena, struct plan_run, image_left(&in) / 8 + 1);
	if (!p->run)
		return -ENOMEM;
	while ((ret = image_get(&in, &pagemap_entry__descriptor, &e)) > 0) {
		ret = take_run(r, p, e, in.name);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? plan_bad(r, ret) : check_pages_file(r, p);
}

/* ---- segments ---- */

int memory_segment(struct restore *r, uint64_t id, uint64_t size, const MemfdInodeEntry *memfd,
		   struct plan_segment **ret)
{
	struct plan_segment *s;

	HASH_FIND(hh, r->segments, &id, sizeof(id), s);
	if (!s) {
		int err;

		s = arena_new(&r->arena, struct plan_segment);
		if (!s)
			return -ENOMEM;
		s->id = id;
		s->fd = -EBADF;
		HASH_ADD(hh, r->segments, id, sizeof(s->id), s);
		/* Other writers have none for a memfd without a size. */
		err = size || r->set.sealed
			      ? memory_read_pagemap(r, IMAGE_SHMEM_PAGEMAP, id, &s->pages)
			      : 0;
		if (err < 0)
			return err;
		if (s->pages.n)
			s->size = s->pages.run[s->pages.n - 1].end;
	}
	if (memfd)
		s->memfd = memfd;
	s->size = MAX(s->size, size);
	s->size = ALIGN_UP(s->size,
			   segment_is_huge(s) ? huge_page_size(s->memfd->hugetlb_flag) : PAGE);
	*ret = s;
	return 0;
}

/* ---- mappings ---- */

/* Of huge pages a mapping has whole ones. */
static int check_huge(struct restore *r, const VmaEntry *e, const char *image)
{
	uint64_t size = huge_page_size(e->flags);

	if (e->status & VMA_ANON_SHARED)
		return log_bad_image("%s: mapping %#jx: shared memory of huge pages without a file",
				     image, (uintmax_t)e->start);
	/* Of files it is a note of other writers, that need not tell a size. */
	if (e->status & VMA_ANON_PRIVATE && (!size || (e->start | e->end) & (size - 1)))
		return log_bad_image("%s: mapping %#jx-%#jx cannot be of huge pages of %ju bytes",
				     image, (uintmax_t)e->start, (uintmax_t)e->end,
				     (uintmax_t)size);
	return 0;
}

static int check_kind(struct restore *r, const VmaEntry *e, const char *image)
{
	static const struct {
		uint32_t status;
		const char *what;
	} cannot[] = {
		{ VMA_SOCKET, "a socket" },
		{ VMA_SHSTK, "a shadow stack" },
		{ VMA_UPROBES, "uprobes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cannot); i++)
		if (e->status & cannot[i].status)
			return log_refuse("%s: mapping %#jx: %s: not supported yet", image,
					  (uintmax_t)e->start, cannot[i].what);
	if (!(e->status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED | VMA_ANON_PRIVATE | VMA_ANON_SHARED |
			   VMA_SYSV | VMA_AIO_RING)))
		return log_bad_image("%s: mapping %#jx is of no kind", image, (uintmax_t)e->start);
	return e->flags & MAP_HUGETLB ? check_huge(r, e, image) : 0;
}

static int take_vma(struct restore *r, struct plan_memory *m, const VmaEntry *e, const char *image)
{
	struct plan_vma *v = &m->vma[m->n], *before = m->n ? v - 1 : NULL;
	int ret;

	if (e->start % PAGE || e->end % PAGE || e->start >= e->end)
		return log_bad_image("%s: mapping %#jx-%#jx", image, (uintmax_t)e->start,
				     (uintmax_t)e->end);
	if (e->status & VMA_GUARD) {
		m->guard[m->n_guards++] = e;
		return 0;
	}
	if (before && before->e->end > e->start)
		return log_bad_image("%s: mapping %#jx-%#jx overlaps another", image,
				     (uintmax_t)e->start, (uintmax_t)e->end);
	v->e = e;
	m->n++;
	/* The vsyscall page is the only thing above; nobody has to map it. */
	if (e->status & VMA_VSYSCALL) {
		m->n--;
		return 0;
	}
	if (e->end > ADDRESS_LIMIT)
		return log_bad_image("%s: mapping %#jx-%#jx", image, (uintmax_t)e->start,
				     (uintmax_t)e->end);
	if (vma_is_special(e))
		return 0;
	ret = check_kind(r, e, image);
	if (ret == 0)
		ret = policy_check(e, image);
	if (ret < 0)
		return ret;
	if (e->status & VMA_SYSV)
		return sysv_check_area(r, v, image);
	if (e->status & VMA_ANON_SHARED)
		return memory_segment(r, e->shmid, e->pgoff + (e->end - e->start), NULL,
				      &v->segment);
	if (e->status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED) && !file_exists(r, e->shmid))
		return log_bad_image("%s: mapping %#jx: there is no file %ju", image,
				     (uintmax_t)e->start, (uintmax_t)e->shmid);
	return 0;
}

/* Is the code that is compiled into the tasks' vdso calls the same as ours? */
static int check_vdso(struct restore *r, const struct plan_memory *m, uint64_t pos, size_t len,
		      const char *image)
{
	const void *own = (const void *)getauxval(AT_SYSINFO_EHDR);
	_cleanup_free_ char *theirs = malloc(len);
	_cleanup_close_ int fd = -EBADF;
	uint64_t size;
	int ret;

	if (!theirs)
		return -ENOMEM;
	fd = image_open_raw(&r->set, IMAGE_PAGES, m->pages.pages_id, &size);
	if (fd < 0)
		return plan_bad(r, fd);
	ret = pread_full(fd, theirs, len, pos);
	if (ret < 0)
		return log_err(ret, "pages-%u.img", m->pages.pages_id);
	if (!own || memcmp(own, theirs, len) != 0)
		return log_refuse(
			"%s: the tasks ran on another kernel: its vdso differs from this one's",
			image);
	return 0;
}

static bool splits_huge(const struct plan_vma *v, uint64_t bounds)
{
	return v->e->flags & MAP_HUGETLB && v->e->status & VMA_ANON_PRIVATE &&
	       bounds & (huge_page_size(v->e->flags) - 1);
}

/* Every run must lie in private mappings; notes which of those have pages at all. */
static int match_pages(struct restore *r, struct plan_memory *m, const char *image)
{
	for (unsigned int i = 0; i < m->pages.n; i++) {
		const struct plan_run *run = &m->pages.run[i];

		for (uint64_t at = run->start; at < run->end;) {
			struct plan_vma *v = plan_vma_at(m, at);

			if (!v ||
			    !(v->e->status & (VMA_FILE_PRIVATE | VMA_ANON_PRIVATE | VMA_AIO_RING)))
				return log_bad_image(
					"%s: pages at %#jx, where nothing private is mapped", image,
					(uintmax_t)at);
			if (splits_huge(v, MAX(run->start, v->e->start) | MIN(run->end, v->e->end)))
				return log_bad_image("%s: pages at %#jx are part of a huge one",
						     image, (uintmax_t)at);
			v->has_pages = true;
			if (v->e->status & VMA_VDSO && at == v->e->start) {
				int ret = check_vdso(r, m, run->pos + (at - run->start),
						     MIN(run->end, v->e->end) - at, image);

				if (ret < 0)
					return ret;
			}
			at = v->e->end;
		}
	}
	return 0;
}

/* A run of them may go on in the next mapping. */
static int match_guards(struct plan_memory *m, const char *image)
{
	for (unsigned int i = 0; i < m->n_guards; i++) {
		const VmaEntry *e = m->guard[i];

		for (uint64_t at = e->start; at < e->end;) {
			const struct plan_vma *v = plan_vma_at(m, at);

			if (!v)
				return log_bad_image("%s: guard pages %#jx-%#jx are in no mapping",
						     image, (uintmax_t)e->start, (uintmax_t)e->end);
			at = v->e->end;
		}
	}
	return 0;
}

/* Is `part` what is left of `whole` after a fork, if some was unmapped, protected or advised since? */
static bool part_of(const VmaEntry *part, const VmaEntry *whole)
{
	const uint32_t kind = VMA_ANON_PRIVATE | VMA_FILE_PRIVATE | VMA_MEMFD;

	if (part->start < whole->start || part->end > whole->end ||
	    (part->status ^ whole->status) & kind || (part->flags ^ whole->flags) & ~MAP_LOCKED)
		return false;
	return part->status & VMA_ANON_PRIVATE ||
	       (part->shmid == whole->shmid &&
		part->pgoff - whole->pgoff == part->start - whole->start);
}

/* Mappings that a task has in common with the one that forks it come by fork, sharing their pages. */
static void match_forker(struct restore_task *t)
{
	const struct plan_memory *from;
	unsigned int j = 0;

	if (!t->forker || t->forker->zombie || t->forker->helper)
		return;
	from = t->forker->memory;
	for (unsigned int i = 0; i < t->memory->n; i++) {
		struct plan_vma *v = &t->memory->vma[i];

		while (j < from->n && from->vma[j].e->end <= v->e->start)
			j++;
		if (j == from->n)
			break;
		/* Shared mappings and those the child would not get are made anew. */
		v->inherited = part_of(v->e, from->vma[j].e) && !vma_is_special(v->e) &&
			       v->e->status & (VMA_ANON_PRIVATE | VMA_FILE_PRIVATE);
		t->memory->inherits |= v->inherited;
	}
	t->forker->memory->feeds |= t->memory->inherits;
}

static int plan_task(struct restore *r, struct restore_task *t)
{
	struct plan_memory *m = arena_new(&r->arena, struct plan_memory);
	char image[IMAGE_NAME_SIZE];
	int ret;

	if (!m)
		return -ENOMEM;
	t->memory = m;
	image_name(IMAGE_MM, t->pid, image);
	ret = image_read_one(&r->set, IMAGE_MM, t->pid, &mm_entry__descriptor, &t->mm);
	if (ret == -ENOENT)
		return log_bad_image("%s is missing", image);
	if (ret < 0)
		return plan_bad(r, ret);
	if (!file_exists(r, t->mm->exe_file_id))
		return log_bad_image("%s: there is no file %u to be its executable", image,
				     t->mm->exe_file_id);
	if (!file_exists(r, t->fs->cwd_id) || !file_exists(r, t->fs->root_id))
		return log_bad_image("fs-%d.img: there is no file for its directories", t->pid);

	m->vma = arena_array(&r->arena, struct plan_vma, t->mm->n_vmas + 1);
	m->guard = arena_array(&r->arena, const VmaEntry *, t->mm->n_vmas + 1);
	if (!m->vma || !m->guard)
		return -ENOMEM;
	for (size_t i = 0; i < t->mm->n_vmas; i++) {
		ret = take_vma(r, m, t->mm->vmas[i], image);
		if (ret < 0)
			return ret;
	}
	ret = match_guards(m, image);
	if (ret == 0)
		ret = memory_read_pagemap(r, IMAGE_PAGEMAP, t->pid, &m->pages);
	if (ret == 0)
		ret = match_pages(r, m, image_name(IMAGE_PAGEMAP, t->pid, image));
	return ret < 0 ? ret : aio_check(t->mm, m, image_name(IMAGE_MM, t->pid, image));
}

int memory_plan(struct restore *r)
{
	int ret = sysv_plan(r);

	for_each_restore_task(t, r) {
		if (ret == 0 && !t->zombie)
			ret = plan_task(r, t);
	}
	for_each_restore_task(t, r) {
		if (ret == 0 && !t->zombie)
			match_forker(t);
	}
	return ret;
}
