// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "program.h"

void *program_data(struct program *p, size_t n)
{
	struct program_area *a = p->area;
	void *at;

	n = ALIGN_UP(n, (size_t)16);
	if (n > a->size - a->used) {
		p->err = -ENOBUFS;
		return NULL;
	}
	at = a->base + a->used;
	a->used += n;
	return at;
}

void *program_copy(struct program *p, const void *data, size_t n)
{
	void *at = program_data(p, n);

	return at && n ? memcpy(at, data, n) : at;
}

void program_begin(struct program *p, struct program_area *area, unsigned int cap)
{
	*p = (struct program){ .area = area, .cap = cap };
	p->step = program_data(p, cap * sizeof(struct step));
}

void program_add(struct program *p, const char *what, enum step_kind kind, long nr,
		 const uint64_t arg[6])
{
	struct step *s;

	if (p->err)
		return;
	if (p->n == p->cap) {
		p->err = -ENOBUFS;
		return;
	}
	s = &p->step[p->n++];
	s->kind = kind;
	s->nr = nr;
	s->what = what;
	memcpy(s->arg, arg, sizeof(s->arg));
}
