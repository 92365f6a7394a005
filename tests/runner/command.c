// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	ATF_REQUIRE_MSG(f, "%s", path);
	if (getdelim(&text, &size, '\0', f) < 0)
		text = strdup("");
	fclose(f);
	return text;
}

const char *tree(const atf_tc_t *tc)
{
	static char path[2048];

	snprintf(path, sizeof(path), "%s/tree", atf_tc_get_config_var(tc, "srcdir"));
	return path;
}

pid_t start(const atf_tc_t *tc, const char *args)
{
	char *command;
	pid_t pid;

	ATF_REQUIRE(asprintf(&command, "exec %s/bin/zdtm %s >out 2>err", tree(tc), args) > 0);
	setenv("E", tree(tc), 1);
	setenv("TMPDIR", ".", 1);
	unsetenv("ZDTM_ENGINE");
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	free(command);
	return pid;
}

struct ran finish(pid_t pid)
{
	struct ran r;

	ATF_REQUIRE_EQ(waitpid(pid, &r.status, 0), pid);
	r.status = WIFEXITED(r.status) ? WEXITSTATUS(r.status) : -WTERMSIG(r.status);
	r.out = slurp("out");
	r.err = slurp("err");
	return r;
}

struct ran zdtm(const atf_tc_t *tc, const char *args)
{
	struct ran r = finish(start(tc, args));

	printf("zdtm %s: %d\n%s%s", args, r.status, r.out, r.err);
	return r;
}

const char *last_line(char *text)
{
	char *end = text + strlen(text);

	while (end > text && end[-1] == '\n')
		*--end = '\0';
	while (end > text && end[-1] != '\n')
		end--;
	return end;
}

struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	ATF_REQUIRE_MSG(json_object_object_get_ex(object, key, &value), "no member '%s'", key);
	return value;
}

const char *text_member(struct json_object *object, const char *key)
{
	struct json_object *value = member(object, key);

	return value ? json_object_get_string(value) : "null";
}

struct json_object *result_of(struct json_object *document, const char *name)
{
	struct json_object *results = member(document, "results");

	for (size_t i = 0; i < json_object_array_length(results); i++) {
		struct json_object *one = json_object_array_get_idx(results, i);

		if (strcmp(text_member(one, "name"), name) == 0)
			return one;
	}
	atf_tc_fail("no result for %s", name);
}

struct json_object *run_json(const atf_tc_t *tc, const char *args)
{
	struct json_object *document;
	char *more;

	ATF_REQUIRE(asprintf(&more, "run --format json %s", args) > 0);
	document = json_tokener_parse(zdtm(tc, more).out);
	ATF_REQUIRE_MSG(document, "that is no JSON");
	free(more);
	return document;
}
