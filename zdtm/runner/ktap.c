// SPDX-License-Identifier: GPL-2.0-only
/*
 * KTAP version 1, as Documentation/dev-tools/ktap.rst has it: one test per program, with its flavors
 * and variants as nested subtests. Diagnostics stand before the result they belong to.
 */
#include "report.h"

static void begin(FILE *out, const struct session *s)
{
	size_t groups = 0;

	for (size_t i = 0; i < s->n; i = session_group_end(s, i))
		groups++;
	fprintf(out, "KTAP version 1\n1..%zu\n", groups);
}

/* "#" begins a directive: it must not stand in a description or reason by chance. */
static void put(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '#' ? '_' : *text, out);
}

static void diagnose(FILE *out, const struct session *s, const struct run *run)
{
	const struct result *r = run->result;

	fprintf(out, "    # %s: %s%s%s: %s\n", run->test->name, outcome_names[r->outcome],
		r->phase ? " in " : "", r->phase ? phase_names[r->phase] : "", r->reason);
	if (r->engine[0])
		fprintf(out, "    # engine: %s\n", r->engine);
	if (run->explained_by)
		fprintf(out, "    # kernel: %s %s: %s\n", run->explained_by->name,
			run->explained_by->verdict, run->explained_by->reason ?: "");
	if (run->log || run->dir)
		fprintf(out, "    # logs: %s\n", run->log ?: run->dir);
	fprintf(out, "    # again: %s\n", run_again(s, run));
}

static void result_line(FILE *out, const struct run *run, size_t number)
{
	const struct result *r = run->result;
	enum count count = run_counts_as(run);

	fprintf(out, "    %sok %zu %s%s%s", count == COUNT_FAILED ? "not " : "", number,
		flavor_names[run->flavor], run->test->variant ? "@" : "", run->test->variant ?: "");
	if (count == COUNT_SKIPPED) {
		fprintf(out, " # SKIP ");
		put(out, r->outcome == REFUSED && r->engine[0] ? r->engine : r->reason);
	}
	fputc('\n', out);
}

static void group_line(FILE *out, const struct session *s, size_t first, size_t end, size_t number)
{
	size_t failed = 0, skipped = 0;

	for (size_t i = first; i < end; i++) {
		failed += run_counts_as(&s->runs[i]) == COUNT_FAILED;
		skipped += run_counts_as(&s->runs[i]) == COUNT_SKIPPED;
	}
	fprintf(out, "%sok %zu %s%s\n", failed ? "not " : "", number, s->runs[first].test->test,
		skipped == end - first ? " # SKIP all of it" : "");
	fflush(out);
}

static void run(FILE *out, const struct session *s, const struct run *this)
{
	size_t at = this - s->runs, first = 0, number = 1, end;

	while ((end = session_group_end(s, first)) <= at) {
		first = end;
		number++;
	}
	if (at == first)
		fprintf(out, "    KTAP version 1\n    # Subtest: %s\n    1..%zu\n",
			this->test->test, end - first);
	if (run_counts_as(this) == COUNT_FAILED)
		diagnose(out, s, this);
	result_line(out, this, at - first + 1);
	if (at + 1 == end)
		group_line(out, s, first, end, number);
}

static void close_report(FILE *out, const struct session *s)
{
	struct totals t = session_totals(s);

	fprintf(out, "# %u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
}

const struct report report_ktap = {
	.name = "ktap",
	.begin = begin,
	.run = run,
	.end = close_report,
};
