// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "say.h"

struct json_object *document_member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

const char *document_text(struct json_object *object, const char *key)
{
	struct json_object *value = document_member(object, key);

	return value ? json_object_get_string(value) : "";
}

static bool is_known(const char *word, const char *key)
{
	static const char *const outcomes[] = { "passed", "failed", "refused", "skipped",
						"broken" };
	static const char *const verdicts[] = { "conforms",   "absent", "deviates", "new",
						"regression", "gap",    "broken" };
	bool outcome = streq(key, "outcome");

	for (size_t i = 0; i < (outcome ? ARRAY_SIZE(outcomes) : ARRAY_SIZE(verdicts)); i++)
		if (streq((outcome ? outcomes : verdicts)[i], word))
			return true;
	return false;
}

/* What nobody understands must not look as if nothing had broken. */
static void look_at_list(const char *path, struct json_object *document, const char *key,
			 const char *word)
{
	struct json_object *array = document_member(document, key);

	if (!array)
		return;
	if (!json_object_is_type(array, json_type_array))
		misuse("%s: its %s are no list", path, key);
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i);

		if (!json_object_is_type(document_member(one, "name"), json_type_string))
			misuse("%s: number %zu of its %s has no name", path, i, key);
		if (!is_known(document_text(one, word), word))
			misuse("%s: of %s it says '%s', which is no %s", path,
			       document_text(one, "name"), document_text(one, word), word);
	}
}

struct json_object *document_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct json_object *document = fd < 0 ? NULL : json_object_from_fd(fd), *schema;

	if (fd < 0)
		misuse("%s: %s", path, strerror(errno));
	close(fd);
	if (!document)
		misuse("%s: not a JSON document, or half of one", path);
	schema = document_member(document, "schema");
	if (!json_object_is_type(schema, json_type_int) || json_object_get_int(schema) != 1)
		misuse("%s: not a document of zdtm's, or one of a later version", path);
	/* A kernel that could not be tried has neither, and says why. */
	if (!document_member(document, "results") && !document_member(document, "probes") &&
	    !document_member(document, "error"))
		misuse("%s: there are neither results nor probes in it", path);
	look_at_list(path, document, "results", "outcome");
	look_at_list(path, document, "probes", "verdict");
	return document;
}

const char *document_path(const char *document_file, const char *told)
{
	char *full = told[0] == '/' || !told[0] ? NULL : realpath(document_file, NULL);
	char *slash = full ? strrchr(full, '/') : NULL, *path;

	if (!slash)
		return told;
	*slash = '\0';
	if (asprintf(&path, "%s/%s", full, told) < 0)
		die("out of memory");
	free(full);
	return path;
}

const char *document_title(struct json_object *document)
{
	struct json_object *engine = document_member(document, "engine");
	const char *name = document_text(engine, "name");
	const char *version = document_text(engine, "version");
	static char title[256];

	snprintf(title, sizeof(title), "%s%s%s%s%s",
		 document_text(document_member(document, "kernel"), "release"), *name ? ", " : "",
		 name, *version ? " " : "", version);
	return title;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static struct entries read_entries(struct json_object *document, const char *key, const char *word)
{
	struct json_object *array = document_member(document, key);
	struct entries e = {};

	if (!json_object_is_type(array, json_type_array))
		return e;
	e.list = need(calloc(json_object_array_length(array) + 1, sizeof(*e.list)));
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		const char *flavor = document_text(one, "flavor");
		char *name;

		if (asprintf(&name, "%s%s%s", document_text(one, "name"), *flavor ? " " : "",
			     flavor) < 0)
			die("out of memory");
		e.list[e.n++] = (struct entry){
			.name = name,
			.word = document_text(one, word),
			.phase = document_text(one, "phase"),
			.reason = document_text(one, "reason"),
			.since = document_text(one, "since"),
			.log = document_text(one, "log"),
			.kernel_log = document_text(one, "kernel_log"),
		};
	}
	if (e.n)
		qsort(e.list, e.n, sizeof(*e.list), by_name);
	return e;
}

struct entries document_results(struct json_object *document)
{
	return read_entries(document, "results", "outcome");
}

struct entries document_probes(struct json_object *document)
{
	return read_entries(document, "probes", "verdict");
}

const struct entry *entries_find(const struct entries *e, const char *name)
{
	const struct entry key = { .name = name };

	return e->n ? bsearch(&key, e->list, e->n, sizeof(*e->list), by_name) : NULL;
}
