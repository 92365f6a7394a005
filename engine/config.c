// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line is an option without its dashes, and its argument if it has one, which may stand between
 * quotes. What follows a # is a comment.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"

struct args {
	char **v;
	int n;
};

static int add(struct args *a, char *arg)
{
	char **more = arg ? realloc(a->v, (a->n + 2) * sizeof(*more)) : NULL;

	if (!more)
		return -ENOMEM;
	a->v = more;
	a->v[a->n++] = arg;
	a->v[a->n] = NULL;
	return 0;
}

/* The next word, NULL if there is none; *at is left behind it. -EINVAL: a quote that does not end. */
static int next_word(char **at, char **word)
{
	char *s = *at + strspn(*at, " \t\r\n"), *end;

	*word = NULL;
	if (*s == '\0' || *s == '#')
		return 0;
	if (*s == '"' || *s == '\'') {
		end = strchr(s + 1, *s);
		if (!end)
			return -EINVAL;
		s++;
	} else {
		end = s + strcspn(s, " \t\r\n");
	}
	*at = *end ? end + 1 : end;
	*end = '\0';
	*word = s;
	return 0;
}

static int add_line(struct args *a, char *line)
{
	char *name, *value, *more, *arg;
	int r = next_word(&line, &name);

	if (r < 0 || !name)
		return r;
	r = next_word(&line, &value);
	if (r == 0)
		r = next_word(&line, &more);
	if (r < 0 || (value && more))
		return -EINVAL;
	name = (char *)(str_after(name, "--") ?: name);
	/* With its argument in one, so that an option may have one or not. */
	r = value ? asprintf(&arg, "--%s=%s", name, value) : asprintf(&arg, "--%s", name);
	return r < 0 ? -ENOMEM : add(a, arg);
}

static int add_file(struct args *a, const char *path)
{
	_cleanup_free_ char *line = NULL;
	FILE *f = fopen(path, "re");
	unsigned int n = 0;
	size_t size = 0;
	int r = 0;

	if (!f) {
		fprintf(stderr, "refcr: %s: %s\n", path, strerror(errno));
		return -EINVAL;
	}
	while (r == 0 && getline(&line, &size, f) >= 0) {
		n++;
		r = add_line(a, line);
	}
	fclose(f);
	if (r < 0)
		fprintf(stderr, "refcr: %s: line %u makes no sense\n", path, n);
	return r;
}

int config_insert(int *argc, char ***argv)
{
	const char *path = getenv("CRIU_CONFIG_FILE");
	struct args a = {};
	bool found = false;
	int r = add(&a, (*argv)[0]);

	if (r == 0 && path && *path) {
		found = true;
		r = add_file(&a, path);
	}
	for (int i = 1; r == 0 && i < *argc && !streq((*argv)[i], "--"); i++) {
		path = str_after((*argv)[i], "--config=");
		if (!path && streq((*argv)[i], "--config"))
			path = (*argv)[i + 1];
		if (path) {
			found = true;
			r = add_file(&a, path);
		}
	}
	for (int i = 1; r == 0 && i < *argc; i++)
		r = add(&a, (*argv)[i]);
	if (r < 0 || !found) {
		free(a.v);
		return r;
	}
	*argc = a.n;
	*argv = a.v;
	return 0;
}
