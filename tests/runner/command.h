// SPDX-License-Identifier: GPL-2.0-only
/* Running the zdtm command in a tree of its own beside the test program, and looking at what it says. */
#ifndef TESTS_COMMAND_H
#define TESTS_COMMAND_H

#include <atf-c.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/types.h>

struct ran {
	int status;
	char *out, *err;
};

/* The tree with the sham tests and engines. */
const char *tree(const atf_tc_t *tc);

/* `args` as a shell has them; $E is the tree. */
struct ran zdtm(const atf_tc_t *tc, const char *args);
pid_t start(const atf_tc_t *tc, const char *args);
struct ran finish(pid_t pid);

char *slurp(const char *path);

/* The last line of what it printed. */
const char *last_line(char *text);

#define HAS(text, part)                                                                            \
	ATF_CHECK_MSG(strstr(text, part), "'%s' is missing in: %s", (const char *)(part), text)

struct json_object *member(struct json_object *object, const char *key);
const char *text_member(struct json_object *object, const char *key);

/* `zdtm run --format json` with more arguments; one result of the document it printed. */
struct json_object *run_json(const atf_tc_t *tc, const char *args);
struct json_object *result_of(struct json_object *document, const char *name);

#endif
