// SPDX-License-Identifier: GPL-2.0-only
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "events.h"
#include "labels.h"

bool remote_is_open(const struct remote *r, const struct probe *p)
{
	return r->wanted && !p->verdict && r->wanted(p, r->arg);
}

struct run *label_run(struct session *s, const char *label)
{
	for (size_t i = 0; i < s->n; i++) {
		_cleanup_free_ char *own = run_label(&s->runs[i]);

		if (streq(own, label))
			return &s->runs[i];
	}
	return NULL;
}

bool label_means(const char *label, const struct probe *p)
{
	const char *name = str_after(label, PROBES_LABEL), *rest;

	if (!name)
		return false;
	rest = str_after(p->name, name);
	return rest && (*rest == '.' || !*rest);
}

bool labels_mean(const struct texts *labels, const struct probe *p)
{
	for (size_t i = 0; i < labels->n; i++)
		if (label_means(labels->list[i], p))
			return true;
	return false;
}
