// SPDX-License-Identifier: GPL-2.0-only
/* zdtm run */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "commands.h"
#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "remote.h"
#include "report.h"
#include "say.h"
#include "target.h"
#include "verdicts.h"
#include "workdir.h"

void texts_add(struct texts *t, const char *text)
{
	t->list = need(reallocarray(t->list, t->n + 2, sizeof(*t->list)));
	if (text)
		t->list[t->n++] = text;
	t->list[t->n] = NULL;
}

bool texts_have(const struct texts *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->list[i], text))
			return true;
	return false;
}

void texts_remove(struct texts *t, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (!streq(t->list[i], text))
			t->list[n++] = t->list[i];
	t->n = n;
}

/* ---- The command line ------------------------------------------------------------------------- */

struct options {
	struct texts globs;
	bool all;
	bool flavors[FLAVORS];
	const char *engine, *dump_engine, *restore_engine;
	const char *format, *output, *verdict;
	unsigned int jobs, cycles;
	const char *work, *kernel, *logs;
	bool keep, probes;
};

static unsigned int number(const char *option, const char *text)
{
	int n;

	if (!parse_int(text, &n) || n < 1)
		misuse("%s %s: a number from 1 up is wanted", option, text);
	return n;
}

static void parse_flavors(const char *text, bool flavors[FLAVORS])
{
	_cleanup_free_ char *copy = need(strdup(text));

	for (char *at = copy, *name; (name = strsep(&at, ","));) {
		enum flavor f = 0;

		while (f < FLAVORS && !streq(flavor_names[f], name))
			f++;
		if (f == FLAVORS)
			misuse("-f %s: no flavor '%s'; there are h, ns, uns", text, name);
		flavors[f] = true;
	}
}

enum {
	ENGINE = 256,
	DUMP_ENGINE,
	RESTORE_ENGINE,
	ITERS,
	PRE,
	KEEP,
	WORK,
	FORMAT,
	KERNEL,
	VERDICT,
	PROBES,
	LOGS,
};

static struct options parse(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "test", required_argument, NULL, 't' },
		{ "all", no_argument, NULL, 'a' },
		{ "flavor", required_argument, NULL, 'f' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{ "engine", required_argument, NULL, ENGINE },
		{ "dump-engine", required_argument, NULL, DUMP_ENGINE },
		{ "restore-engine", required_argument, NULL, RESTORE_ENGINE },
		{ "iters", required_argument, NULL, ITERS },
		{ "pre", required_argument, NULL, PRE },
		{ "keep", no_argument, NULL, KEEP },
		{ "work", required_argument, NULL, WORK },
		{ "format", required_argument, NULL, FORMAT },
		{ "kernel", required_argument, NULL, KERNEL },
		{ "verdict", required_argument, NULL, VERDICT },
		{ "probes", no_argument, NULL, PROBES },
		{ "logs", required_argument, NULL, LOGS },
		{},
	};
	struct options o = {
		.engine = getenv("ZDTM_ENGINE") ?: "refcr",
		.format = "pretty",
		.cycles = 1,
	};
	bool any_flavor = false;

	texts_add(&o.globs, NULL);
	for (int c; (c = getopt_long(argc, argv, "t:af:j:o:", long_options, NULL)) >= 0;) {
		switch (c) {
		case 't':
			texts_add(&o.globs, optarg);
			break;
		case 'a':
			o.all = true;
			break;
		case 'f':
			parse_flavors(optarg, o.flavors);
			any_flavor = true;
			break;
		case 'j':
			o.jobs = number("-j", optarg);
			break;
		case 'o':
			o.output = optarg;
			break;
		case ENGINE:
			o.engine = optarg;
			break;
		case DUMP_ENGINE:
			o.dump_engine = optarg;
			break;
		case RESTORE_ENGINE:
			o.restore_engine = optarg;
			break;
		case ITERS:
			o.cycles = number("--iters", optarg);
			break;
		case PRE:
			misuse("--pre: not supported yet");
		case KEEP:
			o.keep = true;
			break;
		case WORK:
			o.work = optarg;
			break;
		case FORMAT:
			o.format = optarg;
			break;
		case KERNEL:
			o.kernel = target_is_host(optarg) ? NULL : optarg;
			break;
		case VERDICT:
			o.verdict = optarg;
			break;
		case PROBES:
			o.probes = true;
			break;
		case LOGS:
			o.logs = optarg;
			workdir_name(optarg);
			break;
		default:
			exit(EXIT_MISUSE);
		}
	}
	if (optind < argc)
		misuse("what is '%s'? tests are chosen with -t GLOB", argv[optind]);
	if (!any_flavor)
		o.flavors[FLAVOR_H] = true;
	if (o.all == (o.globs.n > 0))
		misuse("which tests? Either -t GLOB, more than once if need be, or -a for all");
	return o;
}

struct manner manner_make(const char *dump, const char *restore)
{
	struct manner m = { .cycles = 1, .dump = engine_find(dump) };

	m.restore = streq(dump, restore) ? m.dump : engine_find(restore);
	if (!m.dump.path != !m.restore.path)
		misuse("an engine for one half of the work and none for the other");
	return m;
}

static struct manner manner_of(const struct options *o)
{
	struct manner m = manner_make(o->dump_engine ?: o->engine, o->restore_engine ?: o->engine);

	m.cycles = o->cycles;
	m.keep = o->keep;
	/* In a guest it is a folder there. */
	if (o->work && o->kernel) {
		m.work = o->work;
	} else if (o->work) {
		m.work = realpath(o->work, NULL);
		if (!m.work)
			misuse("--work %s: %s", o->work, strerror(errno));
	}
	return m;
}

/* ---- All together ----------------------------------------------------------------------------- */

struct telling {
	const struct report *report;
	bool begun, probes;
	FILE *out;
	bool beside; /* the report goes to a file: who looks on should hear of failures all the same */
};

/* As late as can be: what kernel it is, a guest has to tell first. */
static void begin(struct telling *t, const struct session *s)
{
	if (!t->begun && t->report->begin)
		t->report->begin(t->out, s);
	t->begun = true;
}

static void tell(const struct session *s, const struct run *run, void *arg)
{
	struct telling *t = arg;

	begin(t, s);
	if (t->report->run)
		t->report->run(t->out, s, run);
	if (t->beside)
		report_failures.run(stdout, s, run);
}

/* Bisecting must not take a kernel for good on which nothing could be tried. */
static bool anything_ran(const struct session *s)
{
	bool any = false;

	for (size_t i = 0; i < s->n; i++)
		any |= s->runs[i].result->outcome != SKIPPED;
	return any;
}

/* The first question whose answer is a fault of the kernel's, and which kept a test from being run. */
static const struct probe *guilty_need(const struct session *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (const char *const *need = s->runs[i].test->needs; *need; need++) {
			const struct probe *p = probes_find(&s->probes, *need);

			if (p && p->verdict && verdict_of(p)->bad)
				return p;
		}
	return NULL;
}

/* Nothing is known of the kernel then; but that it has lost what they need is a finding. */
static int status_of_nothing(const struct session *s)
{
	const struct probe *p = guilty_need(s);

	if (!p)
		cannot_test("kernel %s: it lacks what every one of these tests needs", s->booted);
	complain("kernel %s: nothing could be run, and %s %s: %s", s->booted, p->name,
		 probe_is(p, "regression") ? "is a regression" : p->verdict, p->reason ?: "");
	return EXIT_FAILURES;
}

/* For the ATF personality of a test: outcome and reason of the worst run. */
static void write_verdict(const struct session *s, const char *path)
{
	const struct run *worst = NULL;
	const char *word;
	FILE *f;

	for (size_t i = 0; i < s->n; i++)
		if (!worst || run_counts_as(worst) == COUNT_PASSED ||
		    run_counts_as(&s->runs[i]) == COUNT_FAILED)
			worst = &s->runs[i];
	f = open_output(path);
	word = outcome_names[worst->result->outcome];
	if (run_counts_as(worst) == COUNT_SKIPPED)
		word = outcome_names[SKIPPED];
	fprintf(f, "%s %s%s%s\n", word, worst->result->reason, worst->result->engine[0] ? ": " : "",
		worst->result->engine);
	close_output(f);
}

static void run_here(struct session *s, const struct suite *suite, struct telling *t)
{
	require_machine(&s->manner);
	s->jobs = s->jobs ?: parallel_cpus();
	s->kernel = kernel_running();
	if (t->probes) {
		s->probes = probes_load(NULL);
		probes_ask(&s->probes, &s->kernel, NULL, NULL);
	}
	session_look(s, suite);
	begin(t, s);
	session_run(s, tell, t);
}

/* The real path of where a file is. */
static const char *folder_of(const char *file)
{
	char *path = realpath(file, NULL), *slash = path ? strrchr(path, '/') : NULL;

	if (slash)
		*slash = '\0';
	return path;
}

static bool everything(const struct probe *p, void *arg)
{
	return true;
}

static void run_there(struct session *s, const struct options *o, struct telling *t)
{
	struct target target = target_find(o->kernel);
	struct remote r = {
		.target = &target,
		.session = s,
		.lists = &s->probes,
		.n = 1,
		.wanted = o->probes ? everything : NULL,
		.console = o->logs || o->keep,
	};

	s->booted = o->kernel;
	s->probes = probes_load(NULL);
	remote_run(&r, tell, t);
	workdir_put();
}

int command_run(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct session s = { .jobs = o.jobs };
	struct telling t = { .report = report_find(o.format),
			     .beside = o.output,
			     .probes = o.probes };
	struct totals totals;
	struct suite suite;

	if (!t.report)
		misuse("--format %s: there are pretty, ktap, junit, json", o.format);
	suite = suite_wanted(o.globs.list);
	s.manner = manner_of(&o);
	session_plan(&s, &suite, o.flavors);
	if (s.n == 0)
		misuse("none of the tests that match has such a flavor");
	t.out = open_output(o.output);
	s.beside = o.output ? folder_of(o.output) : NULL;
	if (o.kernel)
		run_there(&s, &o, &t);
	else
		run_here(&s, &suite, &t);
	if (t.report->end)
		t.report->end(t.out, &s);
	if (o.verdict)
		write_verdict(&s, o.verdict);

	if (o.probes && o.output) {
		verdicts_bad(stdout, &s.probes);
		fputs("probes: ", stdout);
		verdicts_close(stdout, &s.probes);
	}
	/* Behind a document that others parse the line would be a mistake in it. */
	totals = session_totals(&s);
	fprintf(t.report->for_people || o.output ? stdout : stderr,
		"%u passed, %u failed, %u skipped\n", totals.passed, totals.failed, totals.skipped);
	if (t.out != stdout)
		close_output(t.out);
	if (o.kernel && !o.probes && !anything_ran(&s))
		return status_of_nothing(&s);
	return totals.failed ? EXIT_FAILURES : EXIT_FINE;
}
