// SPDX-License-Identifier: GPL-2.0-only
/* What there is to be asked, and an answer as a line of JSON. */
#include <json-c/json.h>

#include "ask.h"
#include "registry.h"

struct probe *probes;

static bool precedes(const struct probe *a, const struct probe *b)
{
	int order = a->file == b->file ? 0 : strcmp(a->file, b->file);

	return order < 0 || (order == 0 && a->line < b->line);
}

void probe_register(struct probe *p)
{
	static struct probe *last;
	struct probe **at = last && precedes(last, p) ? &last->next : &probes;

	while (*at && precedes(*at, p))
		at = &(*at)->next;
	p->next = *at;
	*at = last = p;
}

const char *probe_area(const struct probe *p)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s", probe_basename(p->file));
	name[strcspn(name, ".")] = '\0';
	return name;
}

static bool is_called(const struct probe *p, const char *name)
{
	const char *file = probe_basename(p->file);
	size_t n = strcspn(file, ".");

	return strncmp(name, file, n) == 0 && name[n] == '.' && streq(name + n + 1, p->name);
}

const struct probe *probe_find(const char *name)
{
	/* Questions come in an order near ours. */
	static const struct probe *last;
	const struct probe *begin = last ?: probes, *p = begin;

	while (p) {
		if (is_called(p, name))
			return last = p;
		p = p->next ?: probes;
		if (p == begin)
			break;
	}
	return NULL;
}

static void add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static void add_name(struct json_object *to, const struct probe *p)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", probe_area(p), p->name);
	add_text(to, "name", name);
}

static void print_json(FILE *to, struct json_object *json)
{
	fprintf(to, "%s\n",
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
}

void probes_declare(void)
{
	struct json_object *all = json_object_new_array();

	for (const struct probe *p = probes; p; p = p->next) {
		struct json_object *one = json_object_new_object();

		add_name(one, p);
		add_text(one, "what", p->what);
		add_text(one, "since", p->since);
		add_text(one, "until", p->until);
		add_text(one, "commit", p->commit);
		add_text(one, "kconfig", p->kconfig);
		add_text(one, "capability", p->capability);
		add_text(one, "source", p->source);
		add_text(one, "guards", p->guards);
		json_object_object_add(one, "gap", json_object_new_boolean(p->gap));
		json_object_array_add(all, one);
	}
	print_json(stdout, all);
}

bool probe_answer(FILE *to, const struct probe *p, enum asker as)
{
	struct json_object *json = json_object_new_object();
	const char *tmp = getenv("TMPDIR");
	static struct answer a;

	ask(p, as, tmp ?: "/tmp", &a);
	add_name(json, p);
	add_text(json, "verdict", verdict_name(a.verdict));
	add_text(json, "reason", a.reason[0] ? a.reason : NULL);
	if (a.detail[0])
		add_text(json, "detail", a.detail);
	if (a.stuck)
		json_object_object_add(json, "stuck", json_object_new_boolean(true));
	print_json(to, json);
	return !a.stuck;
}
