// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "mutate.h"
#include "say.h"

const char *const notice_names[NOTICES] = {
	[UNNOTICED] = "unnoticed", [BY_ENGINE] = "engine", [BY_CHECK] = "check",
	[BY_COUNT] = "count",      [BY_KERNEL] = "kernel", [NOT_TRIED] = "not tried",
};

void mutations_tell(FILE *out, const struct mutation *list, size_t n, bool all)
{
	size_t count[NOTICES] = {};
	const char *comma = ":";

	for (size_t i = 0; i < n; i++)
		count[list[i].notice]++;
	fprintf(out, "%s: %zu changes", list->test->name, n);
	for (size_t i = 0; i < NOTICES; i++)
		if (count[i]) {
			fprintf(out, "%s %zu %s", comma, count[i], notice_names[i]);
			comma = ",";
		}
	fputc('\n', out);
	for (size_t i = 0; i < n; i++) {
		const struct mutation *m = &list[i];
		bool bad = m->notice == UNNOTICED || m->notice == NOT_TRIED;

		if (!bad && !all)
			continue;
		fprintf(out, "  %s%-9s%s %s (%s)%s%s\n", colour(out, bad ? YELLOW : PLAIN),
			notice_names[m->notice], colour(out, PLAIN), m->name, m->words,
			m->reason[0] ? ": " : "", m->reason);
	}
	fflush(out);
}

/* ---- By field --------------------------------------------------------------------------------- */

struct field {
	const char *name;
	size_t tried, noticed;
};

struct fields {
	struct field *list;
	size_t n;
};

static int by_field(const void *a, const void *b)
{
	return strcmp((*(const struct mutation *const *)a)->field,
		      (*(const struct mutation *const *)b)->field);
}

static struct fields fields_of(const struct mutations *m)
{
	_cleanup_free_ const struct mutation **sorted = need(calloc(m->n + 1, sizeof(*sorted)));
	struct fields f = { .list = need(calloc(m->n + 1, sizeof(*f.list))) };

	for (size_t i = 0; i < m->n; i++)
		sorted[i] = &m->list[i];
	qsort(sorted, m->n, sizeof(*sorted), by_field);
	for (size_t i = 0; i < m->n; i++) {
		if (sorted[i]->notice == NOT_TRIED)
			continue;
		if (f.n == 0 || !streq(f.list[f.n - 1].name, sorted[i]->field))
			f.list[f.n++].name = sorted[i]->field;
		f.list[f.n - 1].tried++;
		f.list[f.n - 1].noticed += sorted[i]->notice != UNNOTICED;
	}
	return f;
}

size_t mutations_close(FILE *out, const struct mutations *m)
{
	struct fields f = fields_of(m);
	size_t unnoticed = 0;

	for (size_t i = 0; i < f.n; i++) {
		if (f.list[i].noticed)
			continue;
		if (out && unnoticed == 0)
			fputs("never noticed:\n", out);
		if (out)
			fprintf(out, "  %s (%zu changes)\n", f.list[i].name, f.list[i].tried);
		unnoticed++;
	}
	if (out)
		fprintf(out, "%zu changes of %zu fields: %zu fields noticed, %zu unnoticed\n", m->n,
			f.n, f.n - unnoticed, unnoticed);
	free(f.list);
	return unnoticed;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static struct json_object *mutation_json(const struct mutation *m)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "test", json_object_new_string(m->test->name));
	json_object_object_add(json, "change", json_object_new_string(m->name));
	json_object_object_add(json, "field", json_object_new_string(m->field));
	json_object_object_add(json, "words", json_object_new_string(m->words));
	json_object_object_add(json, "noticed", json_object_new_string(notice_names[m->notice]));
	json_object_object_add(json, "reason", json_object_new_string(m->reason));
	return json;
}

struct json_object *mutations_json(const struct session *s, const struct mutations *m)
{
	struct json_object *json = session_json(s);
	struct json_object *changes = json_object_new_array(), *fields = json_object_new_array();
	struct fields f = fields_of(m);

	for (size_t i = 0; i < m->n; i++)
		json_object_array_add(changes, mutation_json(&m->list[i]));
	for (size_t i = 0; i < f.n; i++) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "name", json_object_new_string(f.list[i].name));
		json_object_object_add(one, "changes", json_object_new_int64(f.list[i].tried));
		json_object_object_add(one, "noticed", json_object_new_int64(f.list[i].noticed));
		json_object_array_add(fields, one);
	}
	free(f.list);
	json_object_object_add(json, "changes", changes);
	json_object_object_add(json, "fields", fields);
	return json;
}
