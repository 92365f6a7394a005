// SPDX-License-Identifier: GPL-2.0-only
/*
 * zdtm inside: what runs in a guest. It is told every test and question by name, and tells what comes
 * of each as it goes (see events.h); remote.c is the other end.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "events.h"
#include "say.h"
#include "workdir.h"

struct job {
	struct texts runs, tests;    /* "static/foo@bar h" and just "static/foo@bar" */
	struct texts probes, spared; /* to be asked; known to bring this kernel down */
	struct texts users;          /* who asks; empty: we */
	const char *dump, *restore, *work;
	int jobs, cycles;
	bool keep, singly;
};

static int number(const char *text)
{
	int n;

	if (!parse_int(text, &n) || n < 1)
		misuse("%s: a number from 1 up is wanted", text);
	return n;
}

static struct job parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "events", required_argument, NULL, 'E' },
		{ "run", required_argument, NULL, 'r' },
		{ "probe", required_argument, NULL, 'p' },
		{ "spare", required_argument, NULL, 's' },
		{ "as", required_argument, NULL, 'a' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "dump-engine", required_argument, NULL, 'D' },
		{ "restore-engine", required_argument, NULL, 'R' },
		{ "iters", required_argument, NULL, 'i' },
		{ "work", required_argument, NULL, 'w' },
		{ "keep", no_argument, NULL, 'k' },
		{ "singly", no_argument, NULL, 'S' },
		{},
	};
	struct job j = { .dump = "none", .restore = "none", .jobs = parallel_cpus(), .cycles = 1 };

	texts_add(&j.tests, NULL);
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (c == 'E') {
			events_open(optarg);
		} else if (c == 'r') {
			texts_add(&j.runs, optarg);
			texts_add(&j.tests, need(strndup(optarg, strcspn(optarg, " "))));
		} else if (c == 'p' || c == 's' || c == 'a') {
			texts_add(c == 'p' ? &j.probes : c == 's' ? &j.spared : &j.users, optarg);
		} else if (c == 'j' || c == 'i') {
			*(c == 'j' ? &j.jobs : &j.cycles) = number(optarg);
		} else if (c == 'D' || c == 'R' || c == 'w') {
			*(c == 'D' ? &j.dump : c == 'R' ? &j.restore : &j.work) = optarg;
		} else if (c == 'k' || c == 'S') {
			*(c == 'k' ? &j.keep : &j.singly) = true;
		} else {
			exit(EXIT_MISUSE);
		}
	}
	if (!events_are_heard())
		misuse("--events FILE is wanted: this is the part of a run that happens in a guest");
	return j;
}

/* What is spared has its verdict. */
static bool is_wanted(const struct probe *p, void *arg)
{
	return !p->verdict;
}

/* FILE holds the words, a line each, and "env:NAME=VALUE": too many for a shell to pass on in good time. */
static struct job read_job(const char *path)
{
	_cleanup_buf_ struct buf text = {};
	struct texts words = {};
	char *at, *line;

	if (read_file_at(AT_FDCWD, path, &text) < 0)
		misuse("%s cannot be read", path);
	at = TAKE_PTR(text.data);
	while ((line = strsep(&at, "\n"))) {
		const char *variable = str_after(line, "env:");

		if (variable)
			putenv((char *)variable);
		else if (*line)
			texts_add(&words, line);
	}
	return parse(words.n, (char **)words.list);
}

/* By everyone who is to ask; what a test needs is asked by us. */
static void ask_probes(struct session *s, struct job *j)
{
	for (size_t i = 0; i < j->probes.n; i++)
		probes_name(&s->probes, j->probes.list[i]);
	for (size_t i = 0; i < j->spared.n; i++)
		probes_name(&s->probes, j->spared.list[i]);
	s->probes.singly = j->singly;
	for (size_t i = 0; i < s->probes.n; i++)
		if (texts_have(&j->spared, s->probes.list[i].name)) {
			s->probes.list[i].verdict = "deviates";
			s->probes.list[i].reason = "it brings this kernel down";
		}
	if (j->users.n == 0)
		probes_ask(&s->probes, &s->kernel, is_wanted, NULL);
	for (size_t u = 0; u < j->users.n; u++) {
		struct probes as = s->probes;
		size_t size = as.n * sizeof(*as.list);

		as.list = memcpy(need(malloc(size)), as.list, size);
		as.as = j->users.list[u];
		probes_ask(&as, &s->kernel, is_wanted, NULL);
		free(as.list);
	}
}

#define RANDOMIZE "/proc/sys/kernel/randomize_va_space"

/*
 * An emulator translates code anew for every place it is seen at. Nobody asks for places; what tests
 * find is as ever: they run after this, and where a task lies is what engines fail at.
 */
static void ask_in_place(struct session *s, struct job *j)
{
	_cleanup_buf_ struct buf as_ever = {};

	if (read_file_at(AT_FDCWD, RANDOMIZE, &as_ever) < 0 ||
	    write_file_at(AT_FDCWD, RANDOMIZE, "0") < 0)
		die(RANDOMIZE " cannot be set");
	ask_probes(s, j);
	if (write_file_at(AT_FDCWD, RANDOMIZE, as_ever.data) < 0)
		die(RANDOMIZE " cannot be set back");
}

static void run_tests(struct session *s, const struct job *j)
{
	static const bool flavors[FLAVORS] = { true, true, true };
	struct suite suite = suite_load(j->tests.list);
	size_t n = 0;

	s->manner = manner_make(j->dump, j->restore);
	s->manner.cycles = j->cycles;
	s->manner.keep = j->keep;
	s->manner.work = j->work;
	require_machine(&s->manner);
	session_plan(s, &suite, flavors);
	for (size_t i = 0; i < s->n; i++) {
		_cleanup_free_ char *label = run_label(&s->runs[i]);

		if (texts_have(&j->runs, label))
			s->runs[n++] = s->runs[i];
	}
	s->n = n;
	for (size_t i = 0; i < suite.n; i++)
		for (const char *const *name = suite.cases[i].needs; *name; name++)
			probes_name(&s->probes, *name);
	session_look(s, &suite);
	for (size_t i = 0; i < s->n; i++)
		if (s->runs[i].finished)
			events_run(&s->runs[i]);
	session_run(s, NULL, NULL);
}

int command_inside(int argc, char **argv)
{
	struct job j = argc == 2 ? read_job(argv[1]) : parse(argc, argv);
	struct session s = { .kernel = kernel_running(), .jobs = j.jobs };

	workdir_name(INSIDE_LOGS);
	events_about(&s.kernel);
	if (j.probes.n || j.spared.n)
		ask_in_place(&s, &j);
	if (j.runs.n)
		run_tests(&s, &j);
	return EXIT_FINE;
}
