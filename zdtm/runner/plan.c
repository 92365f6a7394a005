// SPDX-License-Identifier: GPL-2.0-only
/* Before anything runs: can this machine do it at all, and which tests have what they need? */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "commands.h"
#include "engine/base/str.h"
#include "say.h"

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

	for (size_t i = 0; i < suite->n && !p->verdict; i++)
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

struct result *session_results(size_t n)
{
	struct result *results = shared_memory(n * sizeof(*results) + 1);

	for (size_t i = 0; i < n; i++)
		results[i].ms = (struct timing){ -1, -1, -1, -1, -1 };
	return results;
}

void session_results_done(struct result *results, size_t n)
{
	munmap(results, n * sizeof(*results) + 1);
}

void session_plan(struct session *s, const struct suite *suite, const bool flavors[FLAVORS])
{
	struct result *results = session_results(suite->n * FLAVORS);

	s->runs = need(calloc(suite->n * FLAVORS + 1, sizeof(*s->runs)));
	for (size_t i = 0; i < suite->n; i++)
		for (enum flavor f = 0; f < FLAVORS; f++) {
			struct run *run = &s->runs[s->n];

			if (!flavors[f] || !suite->cases[i].flavors[f])
				continue;
			*run = (struct run){ .test = &suite->cases[i], .flavor = f };
			run->result = &results[s->n++];
		}
}

void session_look(struct session *s, const struct suite *suite)
{
	bool any_needs = false;

	for (size_t i = 0; i < suite->n; i++)
		any_needs |= suite->cases[i].needs[0] != NULL;
	if (any_needs) {
		if (!s->probes.n)
			s->probes = probes_load(NULL);
		probes_ask(&s->probes, &s->kernel, is_needed, (void *)suite);
	}
	for (size_t i = 0; i < s->n; i++) {
		struct run *run = &s->runs[i];

		if (run->flavor != FLAVOR_H)
			skip(run, "flavor %s: not supported yet", flavor_names[run->flavor]);
		if (!run->finished)
			look_at_needs(s, run);
		if (!run->finished)
			look_at_caps(run);
	}
}
