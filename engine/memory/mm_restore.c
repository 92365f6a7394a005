// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task makes its memory while the engine's own is still around it. Nearly everything can be
 * mapped where it belongs at once; what would lie on something of the engine's waits elsewhere until
 * the restorer moves it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/objects/files.h"
#include "aio.h"
#include "memory_task.h"
#include "restore.h"
#include "sysv.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/* Our own stack may still grow, and needs a gap below it. */
#define STACK_ROOM (16UL << 20)
/* Where to look for room first: far from where programs and their stacks usually are. */
#define ROOM_FROM  0x100000000000UL
#define ROOM_TO    0x7e0000000000UL

static bool in_the_way(uint64_t start, uint64_t end)
{
	uint64_t here = (uintptr_t)__builtin_frame_address(0);

	return start < here + (1UL << 20) && end > here - STACK_ROOM;
}

static const struct plan_vma *overlapping(const struct plan_memory *m, uint64_t start, uint64_t end)
{
	unsigned int lo = 0, hi = m->n;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (m->vma[mid].e->end <= start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n && m->vma[lo].e->start < end ? &m->vma[lo] : NULL;
}

void *memory_find_room(const struct plan_memory *m, uint64_t size, int prot, int flags, int fd,
		       uint64_t pos, uint64_t align_like)
{
	static uint64_t at = ROOM_FROM;

	while (at + size < ROOM_TO) {
		/* The same place within a big page: moving it then means moving page tables. */
		uint64_t start = ALIGN_UP(at, 1UL << 30) + align_like % (1UL << 30);
		const struct plan_vma *v = overlapping(m, start, start + size);
		void *p;

		if (v) {
			at = v->e->end;
			continue;
		}
		p = mmap((void *)start, size, prot, flags | MAP_FIXED_NOREPLACE, fd, pos);
		at = start + size;
		if (p == (void *)start)
			return p;
		if (p != MAP_FAILED)
			munmap(p, size); /* a kernel that ignores the flag: 4.16 and older */
		else if (errno != EEXIST)
			return MAP_FAILED;
	}
	errno = ENOMEM;
	return MAP_FAILED;
}

/* ---- mapping ---- */

/* The file last mapped: neighbours usually map the same one. */
struct last_file {
	uint32_t id;
	int flags, fd;
};

static int file_of(struct restore *r, const VmaEntry *e, struct last_file *last)
{
	int flags = e->has_fdflags ? (int)e->fdflags & O_ACCMODE
		    : e->status & VMA_FILE_SHARED && e->prot & PROT_WRITE ? O_RDWR
									  : O_RDONLY;

	/* A private mapping never writes to its file. */
	if (e->status & VMA_FILE_PRIVATE)
		flags = O_RDONLY;
	if (last->fd >= 0 && last->id == e->shmid && last->flags == flags)
		return last->fd;
	cleanup_close(&last->fd);
	last->fd = file_open_extra(r, e->shmid, flags, "a mapped file");
	last->id = e->shmid;
	last->flags = flags;
	return last->fd;
}

static int map_flags(const VmaEntry *e)
{
	int flags = e->flags & (MAP_NORESERVE | MAP_GROWSDOWN);

	if (e->status & (VMA_FILE_SHARED | VMA_ANON_SHARED))
		return flags | MAP_SHARED;
	if ((e->flags & MAP_TYPE) == MAP_DROPPABLE)
		return flags | MAP_DROPPABLE | MAP_ANONYMOUS;
	flags |= MAP_PRIVATE;
	if (!(e->status & VMA_ANON_PRIVATE))
		return flags;
	if (e->flags & MAP_HUGETLB)
		flags |=
			(int)(e->flags & (MAP_HUGETLB | (uint32_t)MAP_HUGE_MASK << MAP_HUGE_SHIFT));
	return flags | MAP_ANONYMOUS;
}

static int map_one(struct restore *r, struct restore_task *t, struct plan_vma *v,
		   struct last_file *last)
{
	const VmaEntry *e = v->e;
	int flags = map_flags(e), prot = vma_first_prot(v), fd = -1;
	void *at = MAP_FAILED;

	if (e->status & VMA_AIO_RING) {
		v->mapped = true;
		return aio_setup(e, &v->at);
	}
	if (v->sysv)
		return sysv_attach(t->memory, v, !in_the_way(e->start, e->end));
	if (v->segment)
		fd = v->segment->fd;
	else if (e->status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED)) {
		fd = file_of(r, e, last);
		if (fd < 0)
			return fd;
	}
	if (!in_the_way(e->start, e->end))
		at = mmap((void *)e->start, vma_size(v), prot, flags | MAP_FIXED_NOREPLACE, fd,
			  e->pgoff);
	else
		errno = EEXIST;
	if (at == MAP_FAILED && errno == EEXIST)
		at = memory_find_room(t->memory, vma_size(v), prot, flags, fd, e->pgoff, e->start);
	if (at == MAP_FAILED)
		return log_err(-errno, "mapping %#jx-%#jx%s", (uintmax_t)e->start,
			       (uintmax_t)e->end, e->flags & MAP_HUGETLB ? " of huge pages" : "");
	v->at = (uintptr_t)at;
	v->mapped = true;
	return 0;
}

/* Private anonymous memory, that the one before it could be mapped together with. */
static bool follows(const struct plan_vma *v, const struct plan_vma *before)
{
	const unsigned int kinds = VMA_ANON_PRIVATE | VMA_AIO_RING | VMA_VDSO | VMA_VVAR;

	return v->e->start == before->e->end && !v->mapped && !v->inherited &&
	       (v->e->status & kinds) == VMA_ANON_PRIVATE &&
	       (before->e->status & kinds) == VMA_ANON_PRIVATE && !vma_is_special(v->e) &&
	       map_flags(v->e) == map_flags(before->e) && !(map_flags(v->e) & MAP_GROWSDOWN);
}

/*
 * Neighbours that have been one mapping become one again, and then several by their protection: two
 * calls for three of them, as with stacks and the guards between. What is not writable at first is
 * not accounted for.
 */
static int map_neighbours(struct plan_vma *v, unsigned int n)
{
	uint64_t start = v->e->start, size = v[n - 1].e->end - start;

	if (in_the_way(start, start + size) ||
	    mmap((void *)start, size, PROT_NONE, map_flags(v->e) | MAP_FIXED_NOREPLACE, -1, 0) ==
		    MAP_FAILED)
		return -EEXIST; /* one by one, then */
	for (unsigned int i = 0; i < n; i++) {
		v[i].at = v[i].e->start;
		v[i].mapped = true;
		if (vma_first_prot(&v[i]) != PROT_NONE &&
		    mprotect((void *)v[i].at, vma_size(&v[i]), vma_first_prot(&v[i])) < 0)
			return log_err(-errno, "mapping %#jx-%#jx", (uintmax_t)v[i].e->start,
				       (uintmax_t)v[i].e->end);
	}
	return 0;
}

static int unmap_inherited(const struct plan_vma *theirs, uint64_t start, uint64_t end)
{
	if (start < end &&
	    munmap((void *)(theirs->at + (start - theirs->e->start)), end - start) < 0)
		return log_err(-errno, "unmap what came from the parent");
	return 0;
}

static int inherit(struct plan_vma *v, const struct plan_vma *theirs)
{
	v->at = theirs->at + (v->e->start - theirs->e->start);
	v->mapped = true;
	if (vma_first_prot(v) != vma_first_prot(theirs) &&
	    mprotect((void *)v->at, vma_size(v), vma_first_prot(v)) < 0)
		return log_err(-errno, "protect what came from the parent");
	return 0;
}

/* What fork brought along and is not ours goes; the rest is where the forker put it. */
static int sort_inheritance(struct restore_task *t)
{
	const struct plan_memory *from;
	unsigned int j = 0;
	int ret = 0;

	if (!t->forker || t->forker->helper || t->forker->zombie || !t->forker->memory->feeds)
		return 0;
	from = t->forker->memory;
	for (unsigned int i = 0; ret == 0 && i < from->n; i++) {
		const struct plan_vma *theirs = &from->vma[i];
		uint64_t at = theirs->e->start;

		if (!theirs->mapped)
			continue;
		while (j < t->memory->n && t->memory->vma[j].e->end <= at)
			j++;
		for (; ret == 0 && j < t->memory->n && t->memory->vma[j].e->start < theirs->e->end;
		     j++) {
			struct plan_vma *v = &t->memory->vma[j];

			if (v->inherited) {
				ret = unmap_inherited(theirs, at, v->e->start);
				if (ret == 0)
					ret = inherit(v, theirs);
				at = v->e->end;
			}
			if (v->e->end > theirs->e->end)
				break;
		}
		if (ret == 0)
			ret = unmap_inherited(theirs, at, theirs->e->end);
	}
	return ret;
}

int memory_map(struct restore *r, struct restore_task *t)
{
	struct last_file last = { .fd = -EBADF };
	int ret;

	ret = sort_inheritance(t);
	for (unsigned int i = 0; ret == 0 && i < t->memory->n; i++) {
		struct plan_vma *v = &t->memory->vma[i];
		unsigned int n = 1;

		if (v->mapped || vma_is_special(v->e))
			continue;
		while (i + n < t->memory->n && follows(&v[n], &v[n - 1]))
			n++;
		ret = n > 1 ? map_neighbours(v, n) : -EEXIST;
		if (ret == -EEXIST)
			ret = map_one(r, t, v, &last);
	}
	/* Before the first page decides. */
	for (unsigned int i = 0; ret == 0 && i < t->memory->n; i++)
		if (t->memory->vma[i].mapped)
			ret = vma_advise(&t->memory->vma[i],
					 1 << MADV_HUGEPAGE | 1 << MADV_NOHUGEPAGE);
	cleanup_close(&last.fd);
	return ret < 0 ? ret : memory_fill(r, t);
}

bool memory_peek(const struct restore_task *t, uint64_t addr, void *to, size_t n)
{
	const struct plan_vma *v = plan_vma_at(t->memory, addr);

	if (!v || !v->mapped || !(v->e->prot & PROT_READ) || v->e->end - addr < n)
		return false;
	memcpy(to, (void *)(v->at + (addr - v->e->start)), n);
	return true;
}
