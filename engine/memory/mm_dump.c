// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "aio.h"
#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "engine/image/values.h"
#include "engine/objects/files.h"
#include "engine/task/ask.h"
#include "huge.h"
#include "overlay.h"
#include "proto/mm.pb-c.h"
#include "sysv.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/* What a mapping is. */
enum kind {
	KIND_ANON, /* private anonymous */
	KIND_FILE,
	KIND_MEMFD, /* of memfd_create(2), or shared anonymous memory, which is the same */
	KIND_SYSV,  /* System V shared memory */
	KIND_AIO,   /* the ring of a context of io_setup(2) */
	KIND_VDSO,
	KIND_VVAR,
	KIND_VSYSCALL,
};

static const char *area_name(const struct vm_area *a)
{
	return a->name[0] ? a->name : "anonymous memory";
}

static int refuse(const struct task *t, const struct vm_area *a, const char *why)
{
	return log_refuse("task %d: mapping %jx-%jx (%s): %s: not supported yet", t->pid,
			  (uintmax_t)a->start, (uintmax_t)a->end, area_name(a), why);
}

/*
 * Anonymous memory of huge pages has a file too. If it is private, none of its pages are in there; but
 * one may map the file of a shared one privately.
 */
static bool shows_file(const struct task *t, const struct vm_area *a)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "map_files/%jx-%jx", (uintmax_t)a->start, (uintmax_t)a->end);
	return a->shared || fstatat(t->proc, path, &st, 0) < 0 || st.st_blocks;
}

static int classify(const struct task *t, const struct vm_area *a, enum kind *ret)
{
	static const struct {
		uint64_t flag;
		const char *why;
	} cannot[] = {
		{ VM_FLAG(UM) | VM_FLAG(UW) | VM_FLAG(UI), "registered with a userfaultfd" },
		{ VM_FLAG(SS), "a shadow stack" },
		{ VM_FLAG(SF), "mapped with MAP_SYNC" },
		{ VM_FLAG(IO) | VM_FLAG(PF) | VM_FLAG(MM), "device memory" },
	};
	static const struct {
		const char *prefix, *why;
	} foreign[] = {
		{ "anon_inode:", "a kernel object" },
		{ "socket:", "a socket" },
		{ "[uprobes]", "uprobes" },
	};

	if (streq(a->name, "[vdso]"))
		return *ret = KIND_VDSO, 0;
	if (streq(a->name, "[vvar]") || streq(a->name, "[vvar_vclock]"))
		return *ret = KIND_VVAR, 0;
	if (streq(a->name, "[vsyscall]"))
		return *ret = KIND_VSYSCALL, 0;
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		if (str_after(a->name, foreign[i].prefix))
			return refuse(t, a, foreign[i].why);
	for (size_t i = 0; i < ARRAY_SIZE(cannot); i++)
		if (a->flags & cannot[i].flag)
			return refuse(t, a, cannot[i].why);

	if (str_after(a->name, "/[aio]"))
		return *ret = KIND_AIO, 0;
	if (str_after(a->name, "/memfd:") || streq(a->name, "/dev/zero (deleted)"))
		*ret = KIND_MEMFD;
	else if (sysv_is_segment(a))
		*ret = KIND_SYSV;
	else if (streq(a->name, "/anon_hugepage (deleted)"))
		*ret = shows_file(t, a) ? KIND_MEMFD : KIND_ANON;
	else if (a->name[0] == '/' && a->ino)
		*ret = KIND_FILE;
	else if (a->shared || (a->name[0] && a->name[0] != '['))
		return refuse(t, a, "of a kind we do not know");
	else
		*ret = KIND_ANON;
	return 0;
}

/* ---- before the gate ---- */

/*
 * Do these mappings have pages of the task's own? What may be dropped at any time is dropped: it is for
 * what must not be there twice, such as the state of random number generators.
 */
static bool private_pages(enum kind kind, const struct vm_area *a)
{
	return (kind == KIND_ANON || kind == KIND_FILE || kind == KIND_MEMFD) && !a->shared &&
	       !(a->flags & VM_FLAG(DP));
}

static int add_runs(struct task *t, const struct page_runs *all, struct page_source *s)
{
	struct page_runs *to = &s->runs;
	unsigned int at = 0;
	int r;

	for (unsigned int i = 0; i < t->map.n; i++) {
		const struct vm_area *a = &t->map.area[i];
		enum kind kind;

		r = classify(t, a, &kind);
		if (r < 0)
			return r;
		/* The code other readers compare their own vdso with; all of a ring is in use. */
		if (kind == KIND_VDSO || kind == KIND_AIO) {
			r = page_runs_add(to, a->start, a->end);
			if (r < 0)
				return r;
		}
		if (!private_pages(kind, a))
			continue;
		if ((a->flags & VM_FLAG(HT)) || vm_area_number(a, "Shared_Dirty"))
			s->pin_nothing = true;
		while (at < all->n && all->run[at].end <= a->start)
			at++;
		for (unsigned int j = at; j < all->n && all->run[j].start < a->end; j++) {
			r = page_runs_add(to, MAX(all->run[j].start, a->start),
					  MIN(all->run[j].end, a->end));
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Pages that were written to, and those that were swapped out since; huge ones count as neither. */
static uint64_t most_pages(const struct vm_area *a)
{
	if (a->flags & VM_FLAG(HT))
		return (a->end - a->start) / PAGE;
	return (vm_area_number(a, "Anonymous") + vm_area_number(a, "Swap")) / PAGE;
}

/* Anonymous memory worth a scan of its own. */
static bool big_anonymous(const struct vm_area *a)
{
	const uint64_t big = 1UL << 20;

	return a->end - a->start >= big && !a->ino && !a->shared &&
	       !(a->flags & (VM_FLAG(IO) | VM_FLAG(PF) | VM_FLAG(MM))) &&
	       (!a->name[0] || streq(a->name, "[heap]") || str_after(a->name, "[anon:")) &&
	       vm_area_number(a, "Anonymous") >= big;
}

/* As few scans as can be. The vsyscall page, which comes last, is beyond what can be scanned. */
static int scan_pages(struct task *t, struct pagemap *map, struct page_runs *all)
{
	uint64_t at = 0, end = 0;
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < t->map.n; i++) {
		const struct vm_area *a = &t->map.area[i];

		if (streq(a->name, "[vsyscall]"))
			continue;
		end = a->end;
		if (!big_anonymous(a))
			continue;
		r = pagemap_private(map, at, a->start, UINT64_MAX, all);
		if (r == 0)
			r = pagemap_anonymous(map, a->start, a->end, UINT64_MAX, all);
		at = a->end;
	}
	if (r == 0)
		r = pagemap_private(map, at, end, UINT64_MAX, all);
	if (r == 0)
		r = pagemap_guards(map, 0, end, &t->guards);
	/* Guards there may be, but the kernel shows them to nobody. */
	return r == -ENOTTY ? 0 : r;
}

static int find_pages(struct dump *d, struct page_source *s)
{
	_cleanup_(page_runs_done) struct page_runs all = {};
	struct task *t = s->task;
	struct pagemap map;
	int r;

	r = pagemap_open(t->proc, &map);
	if (r < 0)
		return r;
	if (map.scan) {
		r = scan_pages(t, &map, &all);
	} else {
		for (unsigned int i = 0; r == 0 && i < t->map.n; i++) {
			const struct vm_area *a = &t->map.area[i];

			if (!a->shared && !streq(a->name, "[vsyscall]"))
				r = pagemap_private(&map, a->start, a->end, most_pages(a), &all);
		}
	}
	pagemap_close(&map);
	if (r == 0)
		r = add_runs(t, &all, s);
	__atomic_fetch_add(&d->stats.pages_scanned, all.pages, __ATOMIC_RELAXED);
	return r;
}

static int look(void *arg, size_t i)
{
	struct dump *d = arg;
	struct page_source *s = d->memory->source[i];
	struct task *t = s->task;
	int r;

	r = vm_map_read(t->proc, &t->map);
	if (r < 0)
		return log_err(r, "task %d: mappings", t->pid);
	r = find_pages(d, s);
	return r < 0 && r != -ENOTSUP ? log_err(r, "task %d: pages", t->pid) : r;
}

int memory_look(struct dump *d)
{
	for_each_task(t, &d->tree)
		if (!t->zombie && !memory_add_source(d, t, t->pid))
			return -ENOMEM;
	return parallel_for(d->memory->n, look, d);
}

/* ---- mapped files and segments ---- */

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

static int file_id(struct dump *d, struct task *t, const struct vm_area *a, int flags, uint32_t *id)
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

/* ---- the mm image ---- */

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

static int fill_vma(struct dump *d, struct task *t, const struct vm_area *a, VmaEntry *e)
{
	enum kind kind;
	uint64_t madv;
	uint32_t id;
	int r, flags;

	r = classify(t, a, &kind);
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
		/* A shared mapping that may become writable needs the file open for writing. */
		flags = a->shared && a->flags & VM_FLAG(MW) ? O_RDWR : O_RDONLY;
		e->status |= a->shared ? VMA_FILE_SHARED : VMA_FILE_PRIVATE;
		if (kind == KIND_MEMFD) {
			e->status |= VMA_MEMFD;
			e->flags |= huge_flags(a);
		}
		e->pgoff = a->pgoff;
		r = file_id(d, t, a, flags, &id);
		e->shmid = id;
		e->has_fdflags = true;
		e->fdflags = flags;
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

		r = fill_vma(d, t, &t->map.area[i], e);
		if (r < 0)
			return r;
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
