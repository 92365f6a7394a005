// SPDX-License-Identifier: GPL-2.0-only
/* Result documents, read back: what `zdtm run --format json` and `zdtm matrix` wrote. */
#ifndef ZDTM_DOCUMENT_H
#define ZDTM_DOCUMENT_H

#include <json-c/json.h>

/* How all of them are laid out. */
#define DOCUMENT_LAYOUT                                                                            \
	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

/* A document of ours or the end of the program with a sentence about the file. */
struct json_object *document_load(const char *path);

/* A path told in a document (log), which may be relative to the folder of the document's own file. */
const char *document_path(const char *document_file, const char *told);

/* A member of an object as text; "" where there is none. Lives as long as the object. */
const char *document_text(struct json_object *object, const char *key);
struct json_object *document_member(struct json_object *object, const char *key);

/* "6.18.1, refcr 0.1", for a heading. Static memory. */
const char *document_title(struct json_object *document);

/*
 * One line of "results" or "probes", under the name it has in every document: tests go by
 * "static/foo h", probes by their own.
 */
struct entry {
	const char *name;
	const char *word; /* outcome or verdict */
	const char *phase, *reason;
	const char *since;            /* of a probe */
	const char *log, *kernel_log; /* of a test that left some */
};

struct entries {
	struct entry *list; /* by name */
	size_t n;
};

struct entries document_results(struct json_object *document);
struct entries document_probes(struct json_object *document);
const struct entry *entries_find(const struct entries *e, const char *name);

#endif
