// SPDX-License-Identifier: GPL-2.0-only
/*
 * zdtm mutate: each test is dumped once to see what its images say, and then once more for every
 * single thing they say, with that changed before the restore. A test that is content all the same
 * does not look at it; a field that no test looks at can be lost and nobody will know.
 */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "change.h"
#include "commands.h"
#include "document.h"
#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "markup.h"
#include "mutate.h"
#include "say.h"

struct options {
	struct texts globs, fields;
	const char *engine, *output;
	int jobs, most; /* changes of a kind to a field of a test; 0: all */
	bool json, verbose;
};

static int number(const char *option, const char *text)
{
	int n;

	if (!parse_int(text, &n) || n < 1)
		misuse("%s %s: a number from 1 up is wanted", option, text);
	return n;
}

static struct options parse(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "test", required_argument, NULL, 't' },
		{ "all", no_argument, NULL, 'a' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{ "field", required_argument, NULL, 'F' },
		{ "most", required_argument, NULL, 'M' },
		{ "engine", required_argument, NULL, 'e' },
		{ "format", required_argument, NULL, 'm' },
		{ "verbose", no_argument, NULL, 'v' },
		{},
	};
	struct options o = { .engine = getenv("ZDTM_ENGINE") ?: "refcr", .jobs = parallel_cpus() };
	bool all = false;

	texts_add(&o.globs, NULL);
	for (int c; (c = getopt_long(argc, argv, "t:aj:o:v", long_options, NULL)) >= 0;) {
		if (c == 't' || c == 'F')
			texts_add(c == 't' ? &o.globs : &o.fields, optarg);
		else if (c == 'a')
			all = true;
		else if (c == 'o' || c == 'e')
			*(c == 'o' ? &o.output : &o.engine) = optarg;
		else if (c == 'v')
			o.verbose = true;
		else if (c == 'm' && !streq(optarg, "json") && !streq(optarg, "pretty"))
			misuse("--format %s: there are pretty, json", optarg);
		else if (c == 'm')
			o.json = streq(optarg, "json");
		else if (c == 'j' || c == 'M')
			*(c == 'j' ? &o.jobs : &o.most) =
				number(c == 'j' ? "-j" : "--most", optarg);
		else
			exit(EXIT_MISUSE);
	}
	if (optind < argc)
		misuse("what is '%s'? tests are chosen with -t GLOB", argv[optind]);
	if (all == (o.globs.n > 0))
		misuse("which tests? Either -t GLOB, more than once if need be, or -a for all");
	return o;
}

/* ---- What there is to change ------------------------------------------------------------------ */

static int list_to(const char *images, const void *how)
{
	_cleanup_fclose_ FILE *to = fdopen(dup(*(const int *)how), "w");
	int r;

	if (!to)
		return -errno;
	r = change_list(images, to);
	return r < 0 ? r : fflush(to) == 0 ? 0 : -errno;
}

static bool is_wanted(const struct texts *globs, const struct mutation *m)
{
	for (size_t i = 0; i < globs->n; i++)
		if (fnmatch(globs->list[i], m->name, 0) == 0 ||
		    fnmatch(globs->list[i], m->field, 0) == 0)
			return true;
	return globs->n == 0;
}

static bool same_kind(const struct mutation *a, const struct mutation *b)
{
	return a->test == b->test && streq(a->field, b->field) &&
	       streq(strrchr(a->name, ' '), strrchr(b->name, ' '));
}

static bool are_enough(const struct mutations *all, const struct mutation *m, int most)
{
	int n = 0;

	for (size_t i = all->n; most && i-- > 0 && all->list[i].test == m->test;)
		n += same_kind(&all->list[i], m);
	return most && n >= most;
}

static void add_line(struct mutations *all, char *line, const struct test_case *test,
		     const struct options *o)
{
	struct mutation m = { .test = test, .reason = "" };

	m.name = strsep(&line, "\t");
	m.field = strsep(&line, "\t");
	if (line)
		text_make_printable(line);
	m.words = line ?: "";
	if (!m.field || !is_wanted(&o->fields, &m) || are_enough(all, &m, o->most))
		return;
	all->list = need(reallocarray(all->list, all->n + 1, sizeof(m)));
	all->list[all->n++] = m;
}

/* A session like `s`, of the same tests' runs, for other things done to the images. */
static struct session part_of(const struct session *s, struct run *runs, size_t n,
			      int (*edit)(const char *, const void *))
{
	struct session part = *s;

	part.runs = runs;
	part.n = n;
	part.manner.edit = edit;
	return part;
}

/* Adds what its images say; false: it does not get that far, says its result. */
static bool look(const struct session *s, struct run *run, const struct options *o,
		 struct mutations *all)
{
	_cleanup_close_ int fd = memfd_create("changes", MFD_CLOEXEC);
	struct session part = part_of(s, run, 1, list_to);
	_cleanup_buf_ struct buf text = {};
	char *at, *line;

	if (fd < 0)
		die("memfd_create: %s", strerror(errno));
	run->edit = &fd;
	session_run(&part, NULL, NULL);
	if (run->result->outcome != PASSED)
		return false;
	if (lseek(fd, 0, SEEK_SET) < 0 || read_rest(fd, &text) < 0)
		die("what %s's images say: %s", run->test->name, strerror(errno));
	/* They are referred to for good. */
	at = need(text.data ? strdup(text.data) : strdup(""));
	while ((line = strsep(&at, "\n")))
		if (*line)
			add_line(all, line, run->test, o);
	return true;
}

/* ---- Trying it -------------------------------------------------------------------------------- */

static int make(const char *images, const void *how)
{
	return change_make(images, how);
}

static enum notice notice_of(const struct result *r)
{
	if (r->outcome == PASSED)
		return r->reason[0] ? BY_CHECK : UNNOTICED;
	if (r->outcome != FAILED)
		return NOT_TRIED;
	switch (r->phase) {
	case CHECK:
		return BY_CHECK;
	case RESTORE:
		return str_after(r->reason, "not as before") ? BY_COUNT : BY_ENGINE;
	case NO_PHASE:
		return BY_KERNEL;
	default:
		return NOT_TRIED;
	}
}

static const char *reason_of(const struct result *r)
{
	const char *text = r->engine[0] ? r->engine : r->reason;

	return text[0] ? need(strdup(text)) : "";
}

/* A tree that waits for what does not come any more must not take minutes to be given up. */
static struct test_case *impatient(const struct run *run)
{
	const struct timing *ms = &run->result->ms;
	struct test_case *t = need(malloc(sizeof(*t)));

	*t = *run->test;
	t->timeout = MIN(t->timeout, (5 + (ms->setup + ms->dump + ms->restore + ms->check) / 100) *
					     suite_patience());
	return t;
}

static void try(const struct session *s, const struct run *run, struct mutation *list, size_t n)
{
	_cleanup_free_ struct test_case *test = impatient(run);
	_cleanup_free_ struct run *runs = need(calloc(n + 1, sizeof(*runs)));
	struct result *results = session_results(n);
	struct session part = part_of(s, runs, n, make);

	for (size_t i = 0; i < n; i++)
		runs[i] = (struct run){ .test = test,
					.flavor = run->flavor,
					.edit = list[i].name,
					.result = &results[i] };
	session_run(&part, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		list[i].notice = notice_of(&results[i]);
		list[i].reason = reason_of(&results[i]);
	}
	session_results_done(results, n);
}

/* ---- All of it -------------------------------------------------------------------------------- */

static void mutate(struct session *s, struct run *run, const struct options *o, FILE *out,
		   struct mutations *all)
{
	size_t before = all->n;

	if (run->finished || !look(s, run, o, all)) {
		if (out)
			fprintf(out, "%s: %s%s%s\n", run->test->name,
				outcome_names[run->result->outcome],
				run->result->reason[0] ? ": " : "", run->result->reason);
		return;
	}
	if (all->n == before) {
		if (out)
			fprintf(out, "%s: nothing to change\n", run->test->name);
		return;
	}
	try(s, run, all->list + before, all->n - before);
	if (out)
		mutations_tell(out, all->list + before, all->n - before, o->verbose);
}

static bool any_not_tried(const struct mutations *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].notice == NOT_TRIED)
			return true;
	return false;
}

int command_mutate(int argc, char **argv)
{
	static const bool flavors[FLAVORS] = { [FLAVOR_H] = true };
	struct options o = parse(argc, argv);
	struct session s = { .jobs = o.jobs };
	struct mutations all = {};
	size_t unnoticed;
	struct suite suite;
	FILE *out;

	suite = suite_load(o.globs.list);
	s.manner = manner_make(o.engine, o.engine);
	if (!s.manner.dump.path)
		misuse("without an engine there are no images to change");
	session_plan(&s, &suite, flavors);
	if (s.n == 0)
		misuse("no test matches");
	out = open_output(o.output);
	require_machine(&s.manner);
	s.kernel = kernel_running();
	session_look(&s, &suite);
	for (size_t i = 0; i < s.n; i++)
		mutate(&s, &s.runs[i], &o, o.json ? NULL : out, &all);

	unnoticed = mutations_close(o.json ? NULL : out, &all);
	if (o.json) {
		struct json_object *json = mutations_json(&s, &all);

		fprintf(out, "%s\n", json_object_to_json_string_ext(json, DOCUMENT_LAYOUT));
		json_object_put(json);
	}
	if (out != stdout)
		close_output(out);
	return unnoticed || any_not_tried(&all) ? EXIT_FAILURES : EXIT_FINE;
}
