// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "say.h"
#include "spawn.h"
#include "suite.h"
#include "tree.h"
#include "zdtm/lib/protocol.h"

const char *const flavor_names[FLAVORS] = {
	[FLAVOR_H] = "h",
	[FLAVOR_NS] = "ns",
	[FLAVOR_UNS] = "uns",
};

const char *const demand_names[] = {
	[DEMAND_KEEP] = "keep",
	[DEMAND_KEEP_OR_REFUSE] = "keep-or-refuse",
	[DEMAND_MUST_REFUSE] = "must-refuse",
	[DEMAND_REPORT] = "report",
};

static const char *const folders[] = { "static", "transition" };

const char *const *suite_words(const char *text)
{
	char *copy = need(strdup(text)), *at = copy, *word;
	const char **words = NULL;
	size_t n = 0;

	do {
		word = strsep(&at, " ");
		words = need(reallocarray(words, n + 1, sizeof(*words)));
		if (!word || *word)
			words[n++] = word;
	} while (word);
	return words;
}

/* The part of a GLOB before "@", against "static/foo" or, when it has no slash, "foo". */
static bool match_test(const char *glob, const char *test)
{
	_cleanup_free_ char *head = need(strndup(glob, strcspn(glob, "@")));
	const char *name = strchr(head, '/') ? test : strrchr(test, '/') + 1;

	return fnmatch(head, name, 0) == 0;
}

bool suite_match(const char *glob, const struct test_case *c)
{
	const char *tail = strchr(glob, '@');

	if (c->known_as && !tail && match_test(glob, c->known_as))
		return true;
	if (!match_test(glob, c->test))
		return false;
	return !tail || (c->variant && fnmatch(tail + 1, c->variant, 0) == 0);
}

unsigned int suite_patience(void)
{
	const char *text = getenv(PATIENCE_VARIABLE);
	int times;

	return text && parse_int(text, &times) && times > 1 ? times : 1;
}

/* ---- Asking the programs ---------------------------------------------------------------------- */

struct program {
	char *test; /* static/foo */
	const char *path;
	struct test_case *cases;
	size_t n;
};

static size_t index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(names[i], name))
			return i;
	return n;
}

static void take_property(struct test_case *c, const char *key, const char *value)
{
	uint64_t number;

	if (streq(key, "descr"))
		c->doc = need(strdup(value));
	else if (streq(key, "X-object"))
		c->object = need(strdup(value));
	else if (streq(key, "X-variant"))
		c->variant = need(strdup(value));
	else if (streq(key, "X-known-as"))
		c->known_as = need(strdup(value));
	else if (streq(key, "X-needs"))
		c->needs = suite_words(value);
	else if (streq(key, "X-engine"))
		c->engine = suite_words(value);
	else if (streq(key, "X-timeout") && parse_u64(value, 10, &number))
		c->timeout = number * suite_patience();
	else if (streq(key, "X-caps"))
		c->caps = strtoull(value, NULL, 16);
	else if (streq(key, "X-exclusive"))
		c->exclusive = true;
	else if (streq(key, "X-cleanup"))
		c->cleanup = true;
	else if (streq(key, "X-demand"))
		c->demand = index_of(demand_names, ARRAY_SIZE(demand_names), value);
	else if (streq(key, "X-flavors"))
		for (const char *const *w = suite_words(value); *w; w++)
			c->flavors[index_of(flavor_names, FLAVORS - 1, *w)] = true;
}

/* ATF lists a case per flavor and variant; a case of ours is a variant, so one flavor will do. */
static void parse_list(struct program *p, char *text)
{
	const char *first = NULL;
	struct test_case *c = NULL;

	for (char *line; (line = strsep(&text, "\n"));) {
		char *value = strstr(line, ": ");

		if (!value)
			continue;
		*value = '\0';
		value += 2;
		if (streq(line, "ident")) {
			size_t flavor = strcspn(value, "_");

			if (!first)
				first = need(strndup(value, flavor));
			c = NULL;
			if (strlen(first) != flavor || strncmp(first, value, flavor) != 0)
				continue;
			p->cases = need(reallocarray(p->cases, p->n + 1, sizeof(*p->cases)));
			c = &p->cases[p->n++];
			*c = (struct test_case){ .test = p->test,
						 .program = p->path,
						 .doc = "",
						 .needs = suite_words(""),
						 .engine = suite_words(""),
						 .timeout = ZDTM_TIMEOUT * suite_patience() };
		} else if (c) {
			take_property(c, line, value);
		}
	}
	for (size_t i = 0; i < p->n; i++) {
		char *name;

		c = &p->cases[i];
		if (asprintf(&name, "%s%s%s", c->test, c->variant ? "@" : "", c->variant ?: "") < 0)
			die("out of memory");
		c->name = name;
	}
}

static int ask(void *arg, size_t i)
{
	struct program *p = (struct program *)arg + i;
	const char *const argv[] = { p->path, "-l", NULL };
	_cleanup_buf_ struct buf out = {};
	int status = spawn_capture(argv, &out);

	if (status < 0)
		return status;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return -EIO;
	parse_list(p, out.data);
	return 0;
}

/* ---- Finding them ----------------------------------------------------------------------------- */

static int by_test(const void *a, const void *b)
{
	return strcmp(((const struct program *)a)->test, ((const struct program *)b)->test);
}

/* Variants, and what others call them, are known only once a program has been asked. */
static size_t find_programs(struct program **ret)
{
	struct program *all = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_closedir_ DIR *dir = NULL;
		_cleanup_free_ char *rest = NULL;
		struct dirent *d;

		if (asprintf(&rest, TREE_SUITE "/%s", folders[i]) < 0)
			die("out of memory");
		dir = opendir(tree_path(rest));
		while (dir && (d = readdir(dir))) {
			struct program p = {};

			if (faccessat(dirfd(dir), d->d_name, X_OK, 0) < 0 || d->d_name[0] == '.')
				continue; /* a Kyuafile */
			if (asprintf(&p.test, "%s/%s", folders[i], d->d_name) < 0)
				die("out of memory");
			all = need(reallocarray(all, n + 1, sizeof(*all)));
			all[n++] = p;
		}
	}
	if (n)
		qsort(all, n, sizeof(*all), by_test);
	*ret = all;
	return n;
}

/* Only those that some glob means by their own name; all of them if it takes more to know a glob's. */
static size_t choose(struct program *p, size_t n, const char *const *globs)
{
	bool by_name = globs[0];
	size_t kept = 0;

	for (const char *const *g = globs; *g && by_name; g++) {
		size_t i = 0;

		while (i < n && !match_test(*g, p[i].test))
			i++;
		by_name = i < n;
	}
	for (size_t i = 0; i < n; i++) {
		bool wanted = !by_name;

		for (const char *const *g = globs; *g && !wanted; g++)
			wanted = match_test(*g, p[i].test);
		if (wanted)
			p[kept++] = p[i];
		else
			free(p[i].test);
	}
	return kept;
}

struct suite suite_load(const char *const *globs)
{
	_cleanup_free_ struct program *programs = NULL;
	size_t n = find_programs(&programs);
	struct suite suite = {};

	n = choose(programs, n, globs);
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *rest = NULL;

		if (asprintf(&rest, TREE_SUITE "/%s", programs[i].test) < 0)
			die("out of memory");
		programs[i].path = tree_path(rest);
	}
	parallel_for(n, ask, programs);

	for (size_t i = 0; i < n; i++) {
		struct program *p = &programs[i];

		if (p->n == 0)
			die("%s does not list its cases", p->path);
		suite.cases = need(reallocarray(suite.cases, suite.n + p->n, sizeof(*p->cases)));
		for (size_t k = 0; k < p->n; k++) {
			const struct test_case *c = &p->cases[k];
			bool wanted = !globs[0];

			for (const char *const *g = globs; *g; g++)
				wanted |= suite_match(*g, c);
			if (wanted)
				suite.cases[suite.n++] = *c;
		}
		free(p->cases);
	}
	return suite;
}

struct suite suite_wanted(const char *const *globs)
{
	struct suite suite = suite_load(globs);

	for (const char *const *g = globs; *g; g++) {
		bool any = false;

		for (size_t i = 0; i < suite.n && !any; i++)
			any = suite_match(*g, &suite.cases[i]);
		if (!any)
			complain("no test matches '%s'", *g);
	}
	if (suite.n == 0 && !globs[0])
		complain("there is no test in %s", tree_path(TREE_SUITE));
	if (suite.n == 0)
		exit(EXIT_MISUSE);
	return suite;
}
