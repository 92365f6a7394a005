// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "events.h"
#include "say.h"

/* ---- Inside ------------------------------------------------------------------------------------- */

static int line_fd = -1;
static pthread_mutex_t line_lock = PTHREAD_MUTEX_INITIALIZER;

void events_open(const char *path)
{
	line_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0644);
	if (line_fd < 0)
		misuse("%s: %s", path, strerror(errno));
}

bool events_are_heard(void)
{
	return line_fd >= 0;
}

/* Takes the value over. */
static void say(const char *key, struct json_object *value)
{
	struct json_object *line;
	const char *text;

	if (line_fd < 0) {
		json_object_put(value);
		return;
	}
	line = json_object_new_object();
	json_object_object_add(line, key, value);
	text = json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	pthread_mutex_lock(&line_lock);
	if (write_full(line_fd, text, strlen(text)) < 0 || write_full(line_fd, "\n", 1) < 0)
		die("nobody hears what we tell: %s", strerror(errno));
	pthread_mutex_unlock(&line_lock);
	json_object_put(line);
}

static struct json_object *text_json(const char *text)
{
	return text && *text ? json_object_new_string(text) : NULL;
}

void events_about(const struct kernel *k)
{
	struct json_object *about = json_object_new_object();

	json_object_object_add(about, "kernel", kernel_json(k));
	say("about", about);
}

void events_tick(void)
{
	say("tick", json_object_new_int(1));
}

void events_begin(const char *what)
{
	say("begin", text_json(what));
}

void events_end(const char *what)
{
	say("end", text_json(what));
}

static void add_if_any(struct json_object *to, const char *key, const char *text)
{
	if (text)
		json_object_object_add(to, key, text_json(text));
}

/* A byte costs an emulated serial port thousands of instructions: nothing that is not so. */
void events_probe(const struct probe *p, const char *as)
{
	struct json_object *json = json_object_new_object();

	add_if_any(json, "name", p->name);
	add_if_any(json, "verdict", p->verdict);
	add_if_any(json, "reason", p->reason);
	add_if_any(json, "as", as);
	say("probe", json);
}

char *run_label(const struct run *run)
{
	char *label;

	if (asprintf(&label, "%s %s", run->test->name, flavor_names[run->flavor]) < 0)
		die("out of memory");
	return label;
}

void events_run(const struct run *run)
{
	const struct result *r = run->result;
	const double ms[] = { r->ms.setup, r->ms.dump, r->ms.frozen, r->ms.restore, r->ms.check };
	struct json_object *json = json_object_new_object(), *times = json_object_new_array();
	_cleanup_free_ char *label = run_label(run);

	for (size_t i = 0; i < ARRAY_SIZE(ms); i++)
		json_object_array_add(times, json_object_new_double(ms[i]));
	json_object_object_add(json, "label", text_json(label));
	json_object_object_add(json, "outcome", text_json(outcome_names[r->outcome]));
	json_object_object_add(json, "phase", text_json(phase_names[r->phase]));
	json_object_object_add(json, "ms", times);
	json_object_object_add(json, "reason", text_json(r->reason));
	json_object_object_add(json, "engine", text_json(r->engine));
	json_object_object_add(json, "more", text_json(r->more));
	json_object_object_add(json, "said", text_json(r->said));
	json_object_object_add(json, "kernel", text_json(r->kernel));
	json_object_object_add(json, "dir", text_json(run->dir));
	if (run->spoilt)
		json_object_object_add(json, "spoilt", json_object_new_boolean(true));
	if (run->shared)
		json_object_object_add(json, "shared", json_object_new_boolean(true));
	json_object_object_add(json, "explained_by",
			       run->explained_by ? probe_json(run->explained_by) : NULL);
	say("run", json);
}

/* ---- Outside ------------------------------------------------------------------------------------ */

static int word(struct json_object *told, const char *key, const char *const *words, int n)
{
	const char *text = document_text(told, key);
	int i = 0;

	while (i < n && !(words[i] && streq(words[i], text)))
		i++;
	return i < n ? i : 0;
}

#define TAKE_TEXT(told, key, to) snprintf(to, sizeof(to), "%s", document_text(told, key))

void events_take_run(struct json_object *told, struct run *run, const struct probes *probes)
{
	struct json_object *times = document_member(told, "ms");
	struct json_object *explained = document_member(told, "explained_by");
	struct result *r = run->result;
	double *const ms[] = { &r->ms.setup, &r->ms.dump, &r->ms.frozen, &r->ms.restore,
			       &r->ms.check };
	const char *dir = document_text(told, "dir");

	r->outcome = word(told, "outcome", outcome_names, OUTCOMES);
	r->phase = word(told, "phase", phase_names, PHASES);
	for (size_t i = 0; times && i < ARRAY_SIZE(ms) && i < json_object_array_length(times); i++)
		*ms[i] = json_object_get_double(json_object_array_get_idx(times, i));
	TAKE_TEXT(told, "reason", r->reason);
	TAKE_TEXT(told, "engine", r->engine);
	TAKE_TEXT(told, "more", r->more);
	TAKE_TEXT(told, "said", r->said);
	TAKE_TEXT(told, "kernel", r->kernel);
	run->dir = *dir ? need(strdup(dir)) : NULL;
	run->spoilt = json_object_get_boolean(document_member(told, "spoilt"));
	run->shared = json_object_get_boolean(document_member(told, "shared"));
	if (explained) {
		struct probe *p = probes_find(probes, document_text(explained, "name"));

		if (p && !p->verdict)
			events_take_probe(explained, p);
		run->explained_by = p;
	}
	run->finished = true;
}

void events_take_probe(struct json_object *told, struct probe *p)
{
	const char *reason = document_text(told, "reason");

	p->verdict = need(strdup(document_text(told, "verdict")));
	p->reason = *reason ? need(strdup(reason)) : NULL;
}
