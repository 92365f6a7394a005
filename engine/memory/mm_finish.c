// SPDX-License-Identifier: GPL-2.0-only
/* What is done to mappings when their pages are there: what fork would not pass on, or should not. */
#include <errno.h>
#include <linux/mman.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/task/attributes.h"
#include "memory_task.h"
#include "policy.h"
#include "restore.h"
#include "sysv.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* since 6.13 */
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

int vma_first_prot(const struct plan_vma *v)
{
	if (v->sysv)
		return sysv_prot(v->e);
	return (int)v->e->prot | (v->has_pages ? PROT_READ | PROT_WRITE : 0);
}

int vma_advise(const struct plan_vma *v, uint64_t which)
{
	uint64_t madv = v->e->has_madv ? v->e->madv & which : 0;

	for (int advice = 0; advice < 64; advice++)
		if (madv & (1ULL << advice) && madvise((void *)v->at, vma_size(v), advice) < 0)
			return log_err(-errno, "mapping %#jx: madvise %d", (uintmax_t)v->e->start,
				       advice);
	return 0;
}

static int lock(const struct plan_vma *v)
{
	void *at = (void *)v->at;

	if (!(v->e->flags & MAP_LOCKED))
		return 0;
	/* mlock() does nothing in a program with a sanitizer. */
	if (mlock2(at, vma_size(v), v->e->lock_onfault ? MLOCK_ONFAULT : 0) < 0)
		return log_err(-errno, "mapping %#jx: lock it", (uintmax_t)v->e->start);
	return 0;
}

static int name(const struct plan_vma *v)
{
	const char *colon = v->e->name ? strchr(v->e->name, ':') : NULL;
	char text[256];
	size_t n;

	/* "[anon:text]" */
	if (!colon)
		return 0;
	n = strlen(colon + 1);
	if (n < 1 || n >= sizeof(text))
		return log_bad_image("mapping %#jx: its name", (uintmax_t)v->e->start);
	memcpy(text, colon + 1, n - 1);
	text[n - 1] = '\0';
	if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, v->at, vma_size(v), text) < 0)
		return log_err(-errno, "mapping %#jx: name it", (uintmax_t)v->e->start);
	return 0;
}

/* Mappings that will be neighbours need not be so yet. */
static int install_guards(const struct plan_memory *m, const VmaEntry *e)
{
	for (uint64_t at = e->start; at < e->end;) {
		const struct plan_vma *v = plan_vma_at(m, at);
		uint64_t end = MIN(e->end, v->e->end);

		if (madvise((void *)(v->at + (at - v->e->start)), end - at, MADV_GUARD_INSTALL) < 0)
			return log_err(-errno, "guard pages %#jx", (uintmax_t)at);
		at = end;
	}
	return 0;
}

/*
 * Who wants all of its memory merged with equal pages has it marked now, so that what is exempt can be
 * told so: later the same request changes nothing any more, ksm_enable_merge_any() of mm/ksm.c.
 */
static int mark_mergeable(const struct restore_task *t)
{
	int64_t all;
	int r;

	if (!attribute_saved(t->thread[0].core->thread_core, "memory merging", &all) || !all)
		return 0;
	r = attribute_set_own("memory merging", all);
	if (r < 0)
		return log_err(r, "memory merging");
	for (unsigned int i = 0; i < t->memory->n; i++) {
		const struct plan_vma *v = &t->memory->vma[i];

		if (v->mapped && !(v->e->madv & 1ULL << MADV_MERGEABLE) &&
		    madvise((void *)v->at, vma_size(v), MADV_UNMERGEABLE) < 0)
			return log_err(-errno, "mapping %#jx: not to be merged",
				       (uintmax_t)v->e->start);
	}
	return 0;
}

int memory_finish(struct restore *r, struct restore_task *t)
{
	const struct plan_memory *m = t->memory;
	int ret = mark_mergeable(t);

	for (unsigned int i = 0; ret == 0 && i < m->n; i++) {
		const struct plan_vma *v = &m->vma[i];

		if (!v->mapped)
			continue;
		ret = policy_restore(v);
		if (ret == 0)
			ret = vma_advise(v, ~0ULL);
		if (ret == 0)
			ret = name(v);
		if (ret == 0 && vma_first_prot(v) != (int)v->e->prot &&
		    mprotect((void *)v->at, vma_size(v), v->e->prot) < 0)
			ret = log_err(-errno, "mapping %#jx: protection", (uintmax_t)v->e->start);
		if (ret == 0)
			ret = lock(v);
	}
	for (unsigned int i = 0; ret == 0 && i < m->n_guards; i++)
		ret = install_guards(m, m->guard[i]);
	return ret;
}
