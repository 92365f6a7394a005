// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "engine/base/str.h"
#include "say.h"
#include "session.h"

const char *const outcome_names[OUTCOMES] = {
	[UNDECIDED] = "undecided", [PASSED] = "passed",   [FAILED] = "failed",
	[REFUSED] = "refused",     [SKIPPED] = "skipped", [BROKEN] = "broken",
};

const char *const phase_names[PHASES] = {
	[NO_PHASE] = "none",   [SETUP] = "setup", [DUMP] = "dump",
	[RESTORE] = "restore", [CHECK] = "check",
};

/* ---- What came of it -------------------------------------------------------------------------- */

size_t session_group_end(const struct session *s, size_t i)
{
	size_t k = i;

	while (k < s->n && streq(s->runs[k].test->test, s->runs[i].test->test))
		k++;
	return k;
}

enum count run_counts_as(const struct run *run)
{
	switch (run->result->outcome) {
	case PASSED:
		return COUNT_PASSED;
	case SKIPPED:
		return COUNT_SKIPPED;
	case REFUSED:
		return run->test->demand == DEMAND_KEEP ? COUNT_FAILED : COUNT_SKIPPED;
	default:
		return COUNT_FAILED;
	}
}

struct totals session_totals(const struct session *s)
{
	struct totals t = {};

	for (size_t i = 0; i < s->n; i++) {
		enum count count = run_counts_as(&s->runs[i]);

		t.passed += count == COUNT_PASSED;
		t.failed += count == COUNT_FAILED;
		t.skipped += count == COUNT_SKIPPED;
	}
	return t;
}

const char *run_log(const struct run *run)
{
	static char path[4096];
	enum phase phase = run->result->phase;

	if (run->log || !run->dir)
		return run->log;
	snprintf(path, sizeof(path), "%s/%s", run->dir, STORY_TEST_LOG);
	/* Of several cycles the last. */
	for (unsigned int i = 1; phase == DUMP || phase == RESTORE; i++) {
		char name[sizeof(path)];

		snprintf(name, sizeof(name), "%s/images-%u/%s", run->dir, i,
			 phase == DUMP ? ENGINE_DUMP_LOG : ENGINE_RESTORE_LOG);
		if (access(name, R_OK) < 0)
			break;
		memcpy(path, name, sizeof(path));
	}
	return path;
}

const char *run_again(const struct session *s, const struct run *run)
{
	const struct manner *m = &s->manner;
	static char text[1024];
	int n;

	n = snprintf(text, sizeof(text), "zdtm run -t %s -f %s", run->test->name,
		     flavor_names[run->flavor]);
	if (m->dump.spec == m->restore.spec)
		n += snprintf(text + n, sizeof(text) - n, " --engine %s", m->dump.spec);
	else
		n += snprintf(text + n, sizeof(text) - n, " --dump-engine %s --restore-engine %s",
			      m->dump.spec, m->restore.spec);
	if (m->cycles > 1 && n < (int)sizeof(text))
		n += snprintf(text + n, sizeof(text) - n, " --iters %u", m->cycles);
	if (m->work && n < (int)sizeof(text))
		n += snprintf(text + n, sizeof(text) - n, " --work %s", m->work);
	if (s->booted && n < (int)sizeof(text))
		snprintf(text + n, sizeof(text) - n, " --kernel %s", s->booted);
	return text;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static struct json_object *text_json(const char *text)
{
	return text && *text ? json_object_new_string(text) : NULL;
}

static void add_ms(struct json_object *to, const char *name, double ms)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%.3f", ms);
	json_object_object_add(to, name, ms < 0 ? NULL : json_object_new_double_s(ms, digits));
}

static struct json_object *log_json(const struct session *s, const char *path)
{
	const char *rest = s->beside ? str_after(path, s->beside) : NULL;

	return json_object_new_string(rest && *rest == '/' ? rest + 1 : path);
}

static struct json_object *run_json(const struct session *s, const struct run *run)
{
	const struct result *r = run->result;
	struct json_object *json = json_object_new_object();
	struct json_object *ms = json_object_new_object();
	char reason[sizeof(r->reason) + sizeof(r->engine) + 8];

	snprintf(reason, sizeof(reason), "%s%s%s", r->reason,
		 r->reason[0] && r->engine[0] ? ": " : "", r->engine);
	add_ms(ms, "setup", r->ms.setup);
	add_ms(ms, "dump", r->ms.dump);
	add_ms(ms, "frozen", r->ms.frozen);
	add_ms(ms, "restore", r->ms.restore);
	add_ms(ms, "check", r->ms.check);
	json_object_object_add(json, "name", text_json(run->test->name));
	if (run->test->known_as)
		json_object_object_add(json, "known_as", text_json(run->test->known_as));
	json_object_object_add(json, "flavor", text_json(flavor_names[run->flavor]));
	json_object_object_add(json, "outcome", text_json(outcome_names[r->outcome]));
	json_object_object_add(json, "phase", r->phase ? text_json(phase_names[r->phase]) : NULL);
	json_object_object_add(json, "reason", text_json(reason));
	json_object_object_add(json, "ms", ms);
	/* Only where there is something to tell. */
	if (r->kernel[0])
		json_object_object_add(json, "kernel_log", text_json(r->kernel));
	if (run_log(run))
		json_object_object_add(json, "log", log_json(s, run_log(run)));
	return json;
}

static struct json_object *engine_json(const struct manner *m)
{
	struct json_object *json = json_object_new_object();
	const struct engine *d = &m->dump, *r = &m->restore;
	char name[256], version[256];

	if (d->spec == r->spec) {
		json_object_object_add(json, "name", text_json(d->name));
		json_object_object_add(json, "version", text_json(d->version));
		return json;
	}
	/* Dumped by one and restored by the other. */
	snprintf(name, sizeof(name), "%s+%s", d->name, r->name);
	snprintf(version, sizeof(version), "%s+%s", d->version ?: "", r->version ?: "");
	json_object_object_add(json, "name", text_json(name));
	json_object_object_add(json, "version", text_json(version));
	return json;
}

struct json_object *session_json(const struct session *s)
{
	struct json_object *json = json_object_new_object();
	struct json_object *results = json_object_new_array();
	struct json_object *probes = json_object_new_array();

	for (size_t i = 0; i < s->n; i++)
		json_object_array_add(results, run_json(s, &s->runs[i]));
	for (size_t i = 0; i < s->probes.n; i++)
		if (s->probes.list[i].verdict)
			json_object_array_add(probes, probe_json(&s->probes.list[i]));
	json_object_object_add(json, "schema", json_object_new_int(1));
	json_object_object_add(json, "kernel", kernel_json(&s->kernel));
	json_object_object_add(json, "engine", engine_json(&s->manner));
	json_object_object_add(json, "results", results);
	json_object_object_add(json, "probes", probes);
	return json;
}
