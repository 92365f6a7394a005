// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <time.h>

#include "boot.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "events.h"
#include "labels.h"
#include "say.h"
#include "workdir.h"

/* Seconds. */
#define PROBE_SECONDS 120 /* for the questions of one program */
#define QUIET_SECONDS 45  /* between two signs of life */

/* Where the logs will be, once they are fetched from the guest. */
static void move_dir(struct run *run)
{
	const char *rest = run->dir ? str_after(run->dir, INSIDE_LOGS) : NULL;
	char *dir;

	if (!rest)
		return;
	if (asprintf(&dir, "%s%s", workdir(), rest) < 0)
		die("out of memory");
	run->dir = dir;
}

static void take_probe(struct boot *b, struct json_object *told)
{
	const char *as = document_text(told, "as");
	struct remote *r = b->r;

	for (size_t u = 0; u < r->n; u++) {
		struct probe *p = probes_find(&r->lists[u], document_text(told, "name"));

		if (p && streq(r->lists[u].as ?: "", as)) {
			events_take_probe(told, p);
			probe_judge(p, &r->session->kernel);
			b->told++;
		}
	}
}

static void take_run(struct boot *b, struct json_object *told, struct run *run, const char *label)
{
	events_take_run(told, run, &b->r->session->probes);
	move_dir(run);
	b->last = run;
	b->told++;
	run->log = run->spoilt ? b->log : NULL;
	if (!run->spoilt)
		return;
	texts_add(&b->spoilt, need(strdup(label)));
	/* Whose doing it is remains to be found out. */
	if (run->shared && !b->alone)
		run->finished = false;
}

static void take_line(struct boot *b, const char *line)
{
	struct session *s = b->r->session;
	struct json_object *json = json_tokener_parse(line), *value;
	const char *text;

	if (json_object_object_get_ex(json, "about", &value)) {
		b->up = true;
		kernel_take(&s->kernel, document_member(value, "kernel"), b->r->target->config,
			    b->r->target->lacks);
	} else if (*(text = document_text(json, "begin"))) {
		texts_add(&b->under_way, need(strdup(text)));
	} else if (*(text = document_text(json, "end"))) {
		texts_remove(&b->under_way, text);
	} else if (json_object_object_get_ex(json, "run", &value)) {
		const char *label = document_text(value, "label");
		struct run *run = label_run(s, label);

		texts_remove(&b->under_way, label);
		if (run && !run->finished)
			take_run(b, value, run, label);
	} else if (json_object_object_get_ex(json, "probe", &value)) {
		take_probe(b, value);
	} else if (json_object_object_get_ex(json, "exit", &value)) {
		b->status = json_object_get_int(value);
	}
	json_object_put(json);
}

/* How long the guest may be silent now. Seconds. */
static unsigned int patience(const struct boot *b, unsigned int boot_seconds)
{
	if (!b->up)
		return boot_seconds;
	/* Questions have their own deadlines, one after the other; while tests run there are ticks. */
	for (size_t i = 0; i < b->under_way.n; i++)
		if (str_after(b->under_way.list[i], PROBES_LABEL))
			return PROBE_SECONDS;
	return QUIET_SECONDS;
}

static void show_progress(const struct boot *b, size_t count)
{
	char names[256] = "";
	size_t n = 0;

	for (size_t i = 0; i < b->under_way.n && n < sizeof(names); i++)
		n += snprintf(names + n, sizeof(names) - n, " %s", b->under_way.list[i]);
	progress("%s: %zu/%zu:%s", b->r->target->spec, b->told, count, b->up ? names : " booting");
}

void boot_tell(struct telling *t, const struct session *s)
{
	while (t->told < s->n && s->runs[t->told].finished) {
		progress("%s", "");
		t->tell(s, &s->runs[t->told++], t->arg);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* The next line, or NULL at the end; *late when patience has ended first. */
static const char *hear(struct boot *b, unsigned int boot_seconds, bool *late)
{
	double began = now(), starved = guest_starved(&b->guest);
	double left = patience(b, boot_seconds);
	const char *line;

	/* A silence is the guest's only as far as it had a CPU to break it. */
	do {
		line = guest_hear(&b->guest, left * 1000 + 1, late);
		left = patience(b, boot_seconds) - (now() - began) +
		       (guest_starved(&b->guest) - starved);
	} while (!line && *late && left > 0);
	return line;
}

enum ending boot_listen(struct boot *b, struct telling *t, size_t count, unsigned int boot_seconds)
{
	const char *line;
	bool late;

	for (;;) {
		show_progress(b, count);
		line = hear(b, boot_seconds, &late);
		if (!line)
			break;
		take_line(b, line);
		if (t)
			boot_tell(t, b->r->session);
	}
	if (!late) {
		guest_wait(&b->guest);
		return b->status >= 0 ? ENDED : CRASHED;
	}
	/* All is told, and it only does not power off. */
	if (b->status >= 0) {
		guest_kill(&b->guest);
		return ENDED;
	}
	if (b->up)
		guest_provoke(&b->guest);
	else
		guest_kill(&b->guest);
	return HUNG;
}
