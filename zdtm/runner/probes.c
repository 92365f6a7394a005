// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "events.h"
#include "probes.h"
#include "say.h"
#include "spawn.h"
#include "tree.h"

const char *const probe_users[] = { "root", "cap_checkpoint_restore", "userns-root", "nobody",
				    NULL };

bool probe_is(const struct probe *p, const char *verdict)
{
	return p->verdict && streq(p->verdict, verdict);
}

bool probe_serves(const struct probe *p)
{
	return probe_is(p, "conforms") || probe_is(p, "new");
}

/* A string member, as long as the program runs; NULL when there is none. */
static const char *text(struct json_object *json, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, key, &value) || !value)
		return NULL;
	return need(strdup(json_object_get_string(value)));
}

static bool truth(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) && json_object_get_boolean(value);
}

/* ---- Declarations ----------------------------------------------------------------------------- */

struct program {
	const char *path;
	struct json_object *declared;
	struct buf answer;
	int status;
};

static int declare(void *arg, size_t i)
{
	struct program *p = (struct program *)arg + i;
	const char *const argv[] = { p->path, "--declare", NULL };

	p->status = spawn_capture(argv, &p->answer);
	if (p->status == 0)
		p->declared = json_tokener_parse(p->answer.data);
	buf_done(&p->answer);
	return 0;
}

static size_t find_programs(const char *only, struct program **ret)
{
	const char *folder = tree_path(TREE_PROBES);
	_cleanup_closedir_ DIR *dir = opendir(folder);
	struct program *all = NULL;
	struct dirent *d;
	size_t n = 0;
	char *path;

	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || (only && !streq(d->d_name, only)) ||
		    faccessat(dirfd(dir), d->d_name, X_OK, 0) < 0)
			continue;
		if (asprintf(&path, "%s/%s", folder, d->d_name) < 0)
			die("out of memory");
		all = need(reallocarray(all, n + 1, sizeof(*all)));
		all[n++] = (struct program){ .path = path };
	}
	*ret = all;
	return n;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct probe *)a)->name, ((const struct probe *)b)->name);
}

struct probes probes_load(const char *program)
{
	_cleanup_free_ struct program *programs = NULL;
	size_t n = find_programs(program, &programs);
	struct probes probes = {};

	parallel_for(n, declare, programs);
	for (size_t i = 0; i < n; i++) {
		struct json_object *all = programs[i].declared;
		size_t count;

		if (!json_object_is_type(all, json_type_array))
			die("%s does not declare its questions", programs[i].path);
		count = json_object_array_length(all);
		probes.list =
			need(reallocarray(probes.list, probes.n + count + 1, sizeof(struct probe)));
		for (size_t k = 0; k < count; k++) {
			struct json_object *one = json_object_array_get_idx(all, k);

			probes.list[probes.n++] = (struct probe){
				.name = text(one, "name") ?: "",
				.program = programs[i].path,
				.what = text(one, "what"),
				.since = text(one, "since"),
				.until = text(one, "until"),
				.commit = text(one, "commit"),
				.kconfig = text(one, "kconfig"),
				.capability = text(one, "capability"),
				.source = text(one, "source"),
				.guards = text(one, "guards"),
				.gap = truth(one, "gap"),
			};
		}
		json_object_put(all);
	}
	if (probes.n)
		qsort(probes.list, probes.n, sizeof(*probes.list), by_name);
	return probes;
}

void probes_name(struct probes *p, const char *name)
{
	_cleanup_free_ char *program = need(strndup(name, strcspn(name, ".")));
	_cleanup_free_ char *rest = NULL;
	size_t at = p->n;

	if (probes_find(p, name))
		return;
	if (asprintf(&rest, TREE_PROBES "/%s", program) < 0)
		die("out of memory");
	p->list = need(reallocarray(p->list, p->n + 1, sizeof(*p->list)));
	/* Most come in order: sorting all of it each time takes an emulated machine seconds. */
	while (at > 0 && strcmp(p->list[at - 1].name, name) > 0)
		at--;
	memmove(&p->list[at + 1], &p->list[at], (p->n++ - at) * sizeof(*p->list));
	p->list[at] = (struct probe){ .name = name, .program = tree_path(rest) };
}

struct probe *probes_find(const struct probes *p, const char *name)
{
	const struct probe key = { .name = name };

	return p->n ? bsearch(&key, p->list, p->n, sizeof(*p->list), by_name) : NULL;
}

struct json_object *probe_json(const struct probe *p)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "name", json_object_new_string(p->name));
	json_object_object_add(json, "verdict", json_object_new_string(p->verdict ?: "not asked"));
	json_object_object_add(json, "reason",
			       p->reason ? json_object_new_string(p->reason) : NULL);
	json_object_object_add(json, "since", p->since ? json_object_new_string(p->since) : NULL);
	return json;
}
