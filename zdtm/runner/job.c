// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "events.h"
#include "guest.h"
#include "job.h"
#include "labels.h"
#include "say.h"

#define MANY_DOWNS 4

#define STRING(number)  STRING_(number)
#define STRING_(number) #number

static void add_pair(struct texts *t, const char *option, const char *value)
{
	texts_add(t, option);
	texts_add(t, value);
}

static void add_number(struct texts *t, const char *option, unsigned int number)
{
	char *text;

	if (asprintf(&text, "%u", number) < 0)
		die("out of memory");
	add_pair(t, option, text);
}

const char *job_images(const struct manner *m)
{
	const struct engine *const both[] = { &m->dump, &m->restore };
	const char *list[3];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		if (both[i]->path && !streq(both[i]->spec, "refcr"))
			list[n++] = both[i]->path;
	list[n] = NULL;
	return guest_images(list);
}

static const char *guest_engine(const struct engine *e)
{
	return e->path && !streq(e->spec, "refcr") ? e->path : e->spec;
}

struct texts job_write(const struct remote *r, const struct texts *suspects, bool kvm,
		       size_t *count)
{
	const struct session *s = r->session;
	const struct manner *m = &s->manner;
	struct texts t = {};

	*count = 0;
	if (!kvm)
		texts_add(&t, "env:" PATIENCE_VARIABLE "=" STRING(EMULATED_PATIENCE));
	texts_add(&t, "inside");
	add_pair(&t, "--events", "/dev/ttyS1");
	for (size_t i = 0; i < s->n; i++) {
		char *label = run_label(&s->runs[i]);

		if (s->runs[i].finished || (suspects->n && !texts_have(suspects, label)))
			continue;
		add_pair(&t, "--run", label);
		++*count;
	}
	if (*count) {
		add_pair(&t, "--dump-engine", guest_engine(&m->dump));
		add_pair(&t, "--restore-engine", guest_engine(&m->restore));
		add_number(&t, "--iters", m->cycles);
		if (m->work)
			add_pair(&t, "--work", m->work);
		if (m->keep)
			texts_add(&t, "--keep");
	}
	if (suspects->n)
		texts_add(&t, "--singly");
	/* Who goes down again and again gets one at a time: no boot is spent on finding out which it was. */
	if (suspects->n || r->downs >= MANY_DOWNS)
		add_number(&t, "--jobs", 1);
	else if (s->jobs)
		add_number(&t, "--jobs", s->jobs);

	for (size_t u = 0; u < r->n; u++) {
		const struct probes *list = &r->lists[u];

		if (list->as)
			add_pair(&t, "--as", list->as);
		for (size_t i = 0; i < list->n; i++) {
			const struct probe *p = &list->list[i];

			if (remote_is_open(r, p) && (!suspects->n || labels_mean(suspects, p))) {
				add_pair(&t, "--probe", p->name);
				++*count;
			} else if (p->fatal) {
				add_pair(&t, "--spare", p->name);
			}
		}
	}
	return t;
}
