// SPDX-License-Identifier: GPL-2.0-only
/* The restorer's first steps: what is the engine's goes, what waited elsewhere comes into place. */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/image/values.h"
#include "engine/kernel/maps.h"
#include "engine/kernel/procfs.h"
#include "memory_task.h"
#include "restore.h"

#define LOWEST  0x1000UL
#define HIGHEST 0x7ffffffff000UL /* TASK_SIZE of a task that does not ask for more */

/* The vdso and the data it reads, as the kernel gave them to main: all tasks have them there. */
static struct {
	struct vm_area part[4];
	unsigned int n;
	uint64_t code; /* start of the vdso itself */
} vdso;

int memory_find_vdso(void)
{
	_cleanup_(vm_map_done) struct vm_map map = {};
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t size = 0;
	int r;

	r = self < 0 ? -errno : vm_map_read(self, &map);
	if (r < 0)
		return log_err(r, "our own mappings");
	for (unsigned int i = 0; i < map.n; i++) {
		const struct vm_area *a = &map.area[i];

		if (!streq(a->name, "[vdso]") && !str_after(a->name, "[vvar"))
			continue;
		if (vdso.n == ARRAY_SIZE(vdso.part))
			return log_refuse("this kernel's vdso has more parts than we know of");
		if (streq(a->name, "[vdso]"))
			vdso.code = a->start;
		size += a->end - a->start;
		vdso.part[vdso.n++] = *a;
	}
	return size <= VDSO_PARK ? 0 : log_refuse("this kernel's vdso is bigger than we know of");
}

static void unmap(struct program *p, uint64_t start, uint64_t end)
{
	start = MAX(start, LOWEST);
	end = MIN(end, HIGHEST);
	if (start < end)
		program_call(p, "unmap the engine", SYS_munmap, start, end - start);
}

static void move(struct program *p, const char *what, uint64_t from, uint64_t to, uint64_t size)
{
	if (from != to)
		program_call(p, what, SYS_mremap, from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			     to);
}

struct range {
	uint64_t start, end;
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Where a part of our vdso is to be in the task; 0: the task has none of it. */
static uint64_t place_of(const struct plan_memory *m, const struct vm_area *part, bool *bad)
{
	uint64_t code = 0, at;
	const struct plan_vma *v;

	for (unsigned int i = 0; i < m->n; i++)
		if (m->vma[i].e->status & VMA_VDSO)
			code = m->vma[i].e->start;
	if (!code)
		return 0;
	at = code + (part->start - vdso.code);
	v = plan_vma_at(m, at);
	if (!v || !(v->e->status & (VMA_VDSO | VMA_VVAR)))
		return 0;
	/* Half of it would be another layout than ours. */
	if (v->e->end < at + (part->end - part->start))
		*bad = true;
	return at;
}

unsigned int memory_program_steps(const struct restore_task *t)
{
	return 2 * t->memory->n + 4 * ARRAY_SIZE(vdso.part) + 8;
}

int memory_program(struct restore *r, struct restore_task *t, struct program *p, uint64_t park)
{
	const struct plan_memory *m = t->memory;
	struct range *keep = calloc(m->n + vdso.n + 1, sizeof(*keep));
	uint64_t at = 0, parked[ARRAY_SIZE(vdso.part)];
	unsigned int n = 0;
	bool bad = false;

	if (!keep)
		return -ENOMEM;
	for (unsigned int i = 0; i < m->n; i++)
		if (m->vma[i].mapped)
			keep[n++] =
				(struct range){ m->vma[i].at, m->vma[i].at + vma_size(&m->vma[i]) };
	for (unsigned int i = 0; i < vdso.n; i++)
		keep[n++] = (struct range){ vdso.part[i].start, vdso.part[i].end };
	keep[n++] = (struct range){ (uintptr_t)p->area->base,
				    (uintptr_t)p->area->base + p->area->size };
	qsort(keep, n, sizeof(*keep), by_start);
	for (unsigned int i = 0; i < n; at = keep[i++].end)
		unmap(p, at, keep[i].start);
	unmap(p, at, HIGHEST);
	free(keep);

	/* Out of the way of mappings that belong where the vdso is now. */
	for (unsigned int i = 0; i < vdso.n; i++) {
		uint64_t size = vdso.part[i].end - vdso.part[i].start;

		parked[i] = park;
		move(p, "park the vdso", vdso.part[i].start, park, size);
		park += size;
	}
	for (unsigned int i = 0; i < m->n; i++)
		if (m->vma[i].mapped)
			move(p, "move a mapping into place", m->vma[i].at, m->vma[i].e->start,
			     vma_size(&m->vma[i]));
	for (unsigned int i = 0; i < vdso.n; i++) {
		uint64_t to = place_of(m, &vdso.part[i], &bad);

		if (to)
			move(p, "move the vdso into place", parked[i], to,
			     vdso.part[i].end - vdso.part[i].start);
	}
	if (bad)
		return log_refuse("task %d: its vdso is laid out differently from this kernel's",
				  t->pid);
	return p->err;
}

int memory_program_mm(struct restore_task *t, struct program *p, int exe_fd)
{
	const MmEntry *mm = t->mm;
	struct prctl_mm_map map = {
		.start_code = mm->mm_start_code,
		.end_code = mm->mm_end_code,
		.start_data = mm->mm_start_data,
		.end_data = mm->mm_end_data,
		.start_brk = mm->mm_start_brk,
		.brk = mm->mm_brk,
		.start_stack = mm->mm_start_stack,
		.arg_start = mm->mm_arg_start,
		.arg_end = mm->mm_arg_end,
		.env_start = mm->mm_env_start,
		.env_end = mm->mm_env_end,
		.auxv_size = mm->n_mm_saved_auxv * sizeof(uint64_t),
		.exe_fd = exe_fd,
	};

	map.auxv = program_copy(p, mm->mm_saved_auxv, map.auxv_size);
	program_call(p, "layout of its memory", SYS_prctl, PR_SET_MM, PR_SET_MM_MAP,
		     (uintptr_t)program_copy(p, &map, sizeof(map)), sizeof(map), 0);
	program_call(p, "close the executable", SYS_close, exe_fd);
	if (mm->has_thp_disabled && mm->thp_disabled)
		program_call(p, "disable transparent huge pages", SYS_prctl,
			     41 /* PR_SET_THP_DISABLE */, 1, mm->thp_disable_flags, 0, 0);
	/* Before credentials and limits forbid it; nothing is mapped after this. */
	if (mm->mlock_future)
		program_call(p, "lock mappings to come", SYS_mlockall, mm->mlock_future);
	for (unsigned int i = 0; i < t->memory->n; i++)
		if (t->memory->vma[i].e->sealed)
			program_call(p, "seal a mapping", 462 /* mseal, since 6.10 */,
				     t->memory->vma[i].e->start, vma_size(&t->memory->vma[i]), 0);
	return p->err;
}
