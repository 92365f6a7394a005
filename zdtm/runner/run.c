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
#include "report.h"
#include "say.h"

void texts_add(struct texts *t, const char *text)
{
	t->list = need(reallocarray(t->list, t->n + 2, sizeof(*t->list)));
	if (text)
		t->list[t->n++] = text;
	t->list[t->n] = NULL;
}

void require_host_kernel(const char *spec)
{
	if (!streq(spec, "host"))
		misuse("kernel %s: not supported yet, only 'host', the running one", spec);
}

/* ---- Can this machine run tests? -------------------------------------------------------------- */

static void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("out of memory");
	return p;
}

static void tell_trouble(const char *trouble, void *arg)
{
	if (trouble)
		snprintf(arg, 256, "%s", trouble);
}

void require_machine(const struct manner *m)
{
	char *trouble = shared_memory(256);
	const struct arena arena = { .init = tell_trouble, .arg = trouble };
	pid_t pid;

	if (geteuid() != 0)
		cannot_test("tests can be run by root only");
	pid = arena_start(&arena);
	if (pid < 0)
		cannot_test("no new pid namespace: %s", strerror(-pid));
	waitpid(pid, NULL, 0);
	if (trouble[0])
		cannot_test("%s", trouble);
	munmap(trouble, 256);
	if (m->dump.path && kernel_lacks_cr())
		cannot_test("%s", kernel_lacks_cr());
}

/* ---- The plan --------------------------------------------------------------------------------- */

static void skip(struct run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void skip(struct run *run, const char *fmt, ...)
{
	va_list ap;

	run->result->outcome = SKIPPED;
	va_start(ap, fmt);
	vsnprintf(run->result->reason, sizeof(run->result->reason), fmt, ap);
	va_end(ap);
	run->finished = true;
}

static bool is_needed(const struct probe *p, void *arg)
{
	const struct suite *suite = arg;

	for (size_t i = 0; i < suite->n; i++)
		for (const char *const *need = suite->cases[i].needs; *need; need++)
			if (streq(*need, p->name))
				return true;
	return false;
}

static void look_at_needs(struct session *s, struct run *run)
{
	for (const char *const *need = run->test->needs; *need && !run->finished; need++) {
		const struct probe *p = probes_find(&s->probes, *need);

		if (!p || probe_is(p, "broken")) {
			run->finished = true;
			result_decide(run->result, BROKEN, SETUP, "needs %s: %s", *need,
				      p ? p->reason ?: "that probe is broken" : "no such probe");
		} else if (!probe_serves(p)) {
			skip(run, "needs %s: %s%s%s", *need, p->verdict, p->reason ? ", " : "",
			     p->reason ?: "");
		}
	}
}

static void look_at_caps(struct run *run)
{
	cap_flag_value_t have;
	cap_t own = cap_get_proc();

	for (int cap = 0; cap < 64; cap++)
		if (run->test->caps >> cap & 1 &&
		    (cap_get_flag(own, cap, CAP_PERMITTED, &have) < 0 || have != CAP_SET)) {
			char *name = cap_to_name(cap);

			skip(run, "needs %s, which this machine's root does not have", name);
			cap_free(name);
			break;
		}
	cap_free(own);
}

void session_plan(struct session *s, const struct suite *suite, const bool flavors[FLAVORS])
{
	struct result *results = shared_memory(suite->n * FLAVORS * sizeof(*results) + 1);
	bool any_needs = false;

	for (size_t i = 0; i < suite->n; i++)
		any_needs |= suite->cases[i].needs[0] != NULL;
	if (any_needs && !s->probes.n) {
		s->probes = probes_load(NULL);
		probes_ask(&s->probes, &s->kernel, is_needed, (void *)suite);
	}

	s->runs = need(calloc(suite->n * FLAVORS + 1, sizeof(*s->runs)));
	for (size_t i = 0; i < suite->n; i++)
		for (enum flavor f = 0; f < FLAVORS; f++) {
			struct run *run = &s->runs[s->n];

			if (!flavors[f] || !suite->cases[i].flavors[f])
				continue;
			*run = (struct run){ .test = &suite->cases[i], .flavor = f };
			run->result = &results[s->n++];
			run->result->ms = (struct timing){ -1, -1, -1, -1, -1 };
			if (f != FLAVOR_H)
				skip(run, "flavor %s: not supported yet", flavor_names[f]);
			if (!run->finished)
				look_at_needs(s, run);
			if (!run->finished)
				look_at_caps(run);
		}
}

/* ---- The command line ------------------------------------------------------------------------- */

struct options {
	struct texts globs;
	bool all;
	bool flavors[FLAVORS];
	const char *engine, *dump_engine, *restore_engine;
	const char *format, *output, *verdict;
	unsigned int jobs, cycles;
	const char *work;
	bool keep;
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

enum { ENGINE = 256, DUMP_ENGINE, RESTORE_ENGINE, ITERS, PRE, KEEP, WORK, FORMAT, KERNEL, VERDICT };

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
		{},
	};
	struct options o = {
		.engine = getenv("ZDTM_ENGINE") ?: "refcr",
		.format = "pretty",
		.jobs = parallel_cpus(),
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
			require_host_kernel(optarg);
			break;
		case VERDICT:
			o.verdict = optarg;
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
	if (o->work) {
		m.work = realpath(o->work, NULL);
		if (!m.work)
			misuse("--work %s: %s", o->work, strerror(errno));
	}
	return m;
}

/* ---- All together ----------------------------------------------------------------------------- */

struct telling {
	const struct report *report;
	FILE *out;
	bool beside; /* the report goes to a file: who looks on should hear of failures all the same */
};

static void tell(const struct session *s, const struct run *run, void *arg)
{
	const struct telling *t = arg;

	if (t->report->run)
		t->report->run(t->out, s, run);
	if (t->beside)
		report_failures.run(stdout, s, run);
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
	fclose(f);
}

int command_run(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct session s = { .jobs = o.jobs };
	struct telling t = { .report = report_find(o.format), .beside = o.output };
	struct totals totals;
	struct suite suite;

	if (!t.report)
		misuse("--format %s: there are pretty, ktap, junit, json", o.format);
	suite = suite_load(o.globs.list);
	if (suite.n == 0)
		misuse("no test matches");
	s.manner = manner_of(&o);
	require_machine(&s.manner);
	s.kernel = kernel_running();
	session_plan(&s, &suite, o.flavors);
	if (s.n == 0)
		misuse("none of the tests that match has such a flavor");

	t.out = open_output(o.output);
	if (t.report->begin)
		t.report->begin(t.out, &s);
	session_run(&s, tell, &t);
	if (t.report->end)
		t.report->end(t.out, &s);
	if (o.verdict)
		write_verdict(&s, o.verdict);

	/* Behind a document that others parse the line would be a mistake in it. */
	totals = session_totals(&s);
	fprintf(t.report->for_people || o.output ? stdout : stderr,
		"%u passed, %u failed, %u skipped\n", totals.passed, totals.failed, totals.skipped);
	if (fclose(t.out) != 0 || (o.output && fclose(stdout) != 0))
		die("the report could not be written: %s", strerror(errno));
	return totals.failed ? EXIT_FAILURES : EXIT_FINE;
}
