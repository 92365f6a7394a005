// SPDX-License-Identifier: GPL-2.0-only
/* What a task's mappings are, and which pages they have: found before anything is asked of the task. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "sysv.h"

const char *area_name(const struct vm_area *a)
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

int area_kind(const struct task *t, const struct vm_area *a, enum kind *ret)
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

	/* Where nothing but execution is allowed, the kernel has one of its own. */
	if (a->key && a->prot != PROT_EXEC)
		return refuse(t, a, "under a protection key");
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

/* ---- its pages ---- */

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

		r = area_kind(t, a, &kind);
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

int memory_look_begin(struct dump *d)
{
	for_each_task(t, &d->tree)
		if (!t->zombie && !memory_add_source(d, t, t->pid))
			return -ENOMEM;
	d->memory->looking = parallel_begin(d->memory->n, look, d);
	return d->memory->looking ? 0 : -ENOMEM;
}

int memory_look_end(struct dump *d)
{
	struct parallel *looking = d->memory ? TAKE_PTR(d->memory->looking) : NULL;

	return looking ? parallel_end(looking) : 0;
}
