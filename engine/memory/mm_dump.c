// SPDX-License-Identifier: GPL-2.0-only
/* The mm image of a task. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "aio.h"
#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/image/values.h"
#include "engine/objects/files.h"
#include "engine/task/ask.h"
#include "huge.h"
#include "policy.h"
#include "proto/mm.pb-c.h"
#include "sysv.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/* Asked once, of a page of ours. */
bool memory_tells_on_fault(void)
{
	_cleanup_close_ int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(vm_map_done) struct vm_map own = {};
	static int known = -1;
	void *page;

	if (known >= 0)
		return known;
	known = true;
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return known;
	if (proc >= 0 && mlock2(page, PAGE, MLOCK_ONFAULT) == 0 && vm_map_read(proc, &own) == 0) {
		known = false;
		for (unsigned int i = 0; i < own.n; i++)
			if (own.area[i].flags & VM_FLAG(LF))
				known = true;
	}
	munmap(page, PAGE);
	return known;
}

/* Where the flag is not told: of locked memory pages are only missing if they may be. */
static bool locked_on_fault(const struct vm_area *a)
{
	if (a->flags & VM_FLAG(LF))
		return true;
	return a->flags & VM_FLAG(LO) && a->prot != PROT_NONE && !memory_tells_on_fault() &&
	       vm_area_number(a, "Rss") + vm_area_number(a, "Swap") < a->end - a->start;
}

static uint64_t madvice(const struct vm_area *a)
{
	static const struct {
		uint64_t flag;
		int advice;
	} words[] = {
		{ VM_FLAG(SR), MADV_SEQUENTIAL }, { VM_FLAG(RR), MADV_RANDOM },
		{ VM_FLAG(DC), MADV_DONTFORK },   { VM_FLAG(DD), MADV_DONTDUMP },
		{ VM_FLAG(HG), MADV_HUGEPAGE },   { VM_FLAG(NH), MADV_NOHUGEPAGE },
		{ VM_FLAG(MG), MADV_MERGEABLE },  { VM_FLAG(WF), MADV_WIPEONFORK },
	};
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (a->flags & words[i].flag)
			set |= 1ULL << words[i].advice;
	return set;
}

/* A shared mapping that may become writable needs the file open for writing. */
static int file_flags(const struct vm_area *a)
{
	return a->shared && a->flags & VM_FLAG(MW) ? O_RDWR : O_RDONLY;
}

int memory_dump_files(struct dump *d, struct task *t)
{
	t->file = calloc(t->map.n + 1, sizeof(*t->file));
	if (!t->file)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->map.n; i++) {
		const struct vm_area *a = &t->map.area[i];
		enum kind kind;
		int r = area_kind(t, a, &kind);

		if (r == 0 && (kind == KIND_FILE || kind == KIND_MEMFD))
			r = mapped_file_id(d, t, a, file_flags(a), &t->file[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int fill_vma(struct dump *d, struct task *t, unsigned int index, VmaEntry *e)
{
	const struct vm_area *a = &t->map.area[index];
	enum kind kind;
	uint64_t madv;
	int r;

	r = area_kind(t, a, &kind);
	if (r < 0)
		return r;
	vma_entry__init(e);
	e->start = a->start;
	e->end = a->end;
	e->prot = a->prot;
	e->flags = a->shared ? MAP_SHARED : MAP_PRIVATE;
	e->status = VMA_REGULAR;
	e->fd = -1;
	switch (kind) {
	case KIND_ANON:
		e->flags |= MAP_ANONYMOUS | huge_flags(a);
		e->status |= VMA_ANON_PRIVATE;
		if (streq(a->name, "[heap]"))
			e->status |= VMA_HEAP;
		if (a->flags & VM_FLAG(DP))
			e->flags = (e->flags & ~MAP_PRIVATE) | MAP_DROPPABLE;
		break;
	case KIND_FILE:
	case KIND_MEMFD:
		e->status |= a->shared ? VMA_FILE_SHARED : VMA_FILE_PRIVATE;
		if (kind == KIND_MEMFD) {
			e->status |= VMA_MEMFD;
			e->flags |= huge_flags(a);
		}
		e->pgoff = a->pgoff;
		e->shmid = t->file[index];
		e->has_fdflags = true;
		e->fdflags = file_flags(a);
		break;
	case KIND_SYSV:
		e->flags |= MAP_ANONYMOUS;
		e->status |= VMA_SYSV | VMA_ANON_SHARED;
		e->pgoff = a->pgoff;
		e->has_fdflags = true;
		e->fdflags = a->flags & VM_FLAG(MW) ? O_RDWR : O_RDONLY;
		r = sysv_dump_area(d, t, a, &e->shmid);
		break;
	case KIND_AIO:
		e->status = VMA_AIO_RING;
		e->has_fdflags = true;
		e->fdflags = O_RDWR;
		break;
	case KIND_VDSO:
		e->flags |= MAP_ANONYMOUS;
		e->status |= VMA_VDSO | VMA_ANON_PRIVATE;
		break;
	case KIND_VVAR:
		e->flags |= MAP_ANONYMOUS;
		e->status |= VMA_VVAR | VMA_ANON_PRIVATE;
		break;
	case KIND_VSYSCALL:
		e->flags |= MAP_ANONYMOUS;
		e->status = VMA_VSYSCALL | VMA_ANON_PRIVATE;
		break;
	}
	if (r < 0)
		return r;
	if (kind == KIND_VDSO || kind == KIND_VVAR || kind == KIND_VSYSCALL)
		return 0;

	if (a->flags & VM_FLAG(GD))
		e->flags |= MAP_GROWSDOWN;
	if (a->flags & VM_FLAG(NR))
		e->flags |= MAP_NORESERVE;
	if (a->flags & (VM_FLAG(LO) | VM_FLAG(LF)))
		e->flags |= MAP_LOCKED;
	if (locked_on_fault(a))
		e->has_lock_onfault = e->lock_onfault = true;
	if (a->flags & VM_FLAG(SL))
		e->has_sealed = e->sealed = true;
	if (str_after(a->name, "[anon:") || str_after(a->name, "[anon_shmem:"))
		e->name = (char *)a->name;
	madv = madvice(a);
	if (madv) {
		e->has_madv = true;
		e->madv = madv;
	}
	return 0;
}

/* The kernel has split the vvar since 6.13; other readers know it as one. */
static bool continues_vvar(const VmaEntry *before, const VmaEntry *e)
{
	return before && before->status & e->status & VMA_VVAR && before->end == e->start;
}

/* A run of guard pages (MADV_GUARD_INSTALL) comes behind the mapping it lies in. */
static void guard_vma(const struct page_run *run, VmaEntry *e)
{
	vma_entry__init(e);
	e->start = run->start;
	e->end = run->end;
	e->status = VMA_GUARD;
	e->fd = -1;
}

/* Contexts of native AIO, by their rings; one that came by fork is no context here. */
static int dump_aios(struct dump *d, const struct task *t, MmEntry *mm)
{
	mm->aios = arena_array(&d->arena, AioRingEntry *, mm->n_vmas + 1);
	if (!mm->aios)
		return -ENOMEM;
	for (size_t i = 0; i < mm->n_vmas; i++) {
		const VmaEntry *v = mm->vmas[i];
		AioRingEntry *e;

		if (!(v->status & VMA_AIO_RING))
			continue;
		if (!task_has_aio(t, v->start))
			return log_refuse(
				"task %d: mapping %jx-%jx is the ring of another task's native "
				"AIO: not supported yet",
				t->pid, (uintmax_t)v->start, (uintmax_t)v->end);
		e = arena_new(&d->arena, AioRingEntry);
		if (!e)
			return -ENOMEM;
		aio_ring_entry__init(e);
		e->id = v->start;
		e->ring_len = v->end - v->start;
		e->nr_req = aio_requests(e->ring_len);
		mm->aios[mm->n_aios++] = e;
	}
	return 0;
}

static int dump_exe(struct dump *d, struct task *t, uint32_t *id)
{
	_cleanup_close_ int fd = openat(t->proc, "exe", O_PATH | O_CLOEXEC);

	if (fd < 0)
		return log_err(-errno, "task %d: its executable", t->pid);
	return file_dump_extra(d, t->pid, fd, O_RDONLY, "its executable", id);
}

int memory_dump_end(struct dump *d)
{
	return sysv_dump_end(d);
}

int memory_dump_mm(struct dump *d, struct task *t)
{
	_cleanup_free_ uint64_t *auxv = NULL;
	_cleanup_free_ VmaEntry *vma = NULL;
	_cleanup_free_ VmaEntry **list = NULL;
	MmEntry mm = MM_ENTRY__INIT;
	unsigned int n, guard = 0;
	int r;

	vma = calloc(t->map.n + t->guards.n + 1, sizeof(*vma));
	list = calloc(t->map.n + t->guards.n + 1, sizeof(*list));
	if (!vma || !list)
		return -ENOMEM;
	mm.vmas = list;
	for (unsigned int i = 0; i < t->map.n; i++) {
		VmaEntry *e = &vma[i], *before = mm.n_vmas ? list[mm.n_vmas - 1] : NULL;

		r = fill_vma(d, t, i, e);
		if (r < 0)
			return r;
		policy_dump(t, i, e);
		if (continues_vvar(before, e))
			before->end = e->end;
		else
			list[mm.n_vmas++] = e;
		for (; guard < t->guards.n && t->guards.run[guard].start < e->end; guard++) {
			VmaEntry *g = &vma[t->map.n + guard];

			guard_vma(&t->guards.run[guard], g);
			list[mm.n_vmas++] = g;
		}
	}
	r = proc_auxv(t->proc, &auxv, &n);
	if (r < 0)
		return log_err(r, "task %d: auxiliary vector", t->pid);
	/* Without the AT_NULL at its end: other readers have no room for it. */
	if (n >= 2 && auxv[n - 2] == 0)
		n -= 2;
	mm.mm_saved_auxv = auxv;
	mm.n_mm_saved_auxv = n;
	mm.mm_start_code = t->stat.start_code;
	mm.mm_end_code = t->stat.end_code;
	mm.mm_start_data = t->stat.start_data;
	mm.mm_end_data = t->stat.end_data;
	mm.mm_start_stack = t->stat.start_stack;
	mm.mm_start_brk = t->stat.start_brk;
	mm.mm_brk = t->answers.brk;
	mm.mm_arg_start = t->stat.arg_start;
	mm.mm_arg_end = t->stat.arg_end;
	mm.mm_env_start = t->stat.env_start;
	mm.mm_env_end = t->stat.env_end;
	mm.has_dumpable = true;
	mm.dumpable = t->answers.dumpable;
	mm.has_thp_disabled = true;
	mm.thp_disabled = t->answers.thp_disabled != 0;
	if (t->answers.thp_disabled > 1) {
		mm.has_thp_disable_flags = true;
		mm.thp_disable_flags = t->answers.thp_disabled & ~1;
	}
	if (t->answers.mlock_future) {
		mm.has_mlock_future = true;
		mm.mlock_future = t->answers.mlock_future;
	}
	r = dump_aios(d, t, &mm);
	if (r == 0)
		r = dump_exe(d, t, &mm.exe_file_id);
	return r < 0 ? r : image_write_one(&d->images, IMAGE_MM, t->pid, &mm.base);
}
