// SPDX-License-Identifier: GPL-2.0-only
/* JUnit's XML, as CI systems read it: a test suite per program, a test case per flavor and variant. */
#include "engine/base/cleanup.h"
#include "markup.h"
#include "report.h"

static void attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	markup_text(out, text);
	fputc('"', out);
}

static double seconds(const struct run *run)
{
	const double ms[] = { run->result->ms.setup, run->result->ms.dump, run->result->ms.restore,
			      run->result->ms.check };
	double sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ms); i++)
		sum += ms[i] > 0 ? ms[i] : 0;
	return sum / 1e3;
}

static void test_case(FILE *out, const struct session *s, const struct run *run)
{
	const struct result *r = run->result;
	const char *element;
	char name[128];

	snprintf(name, sizeof(name), "%s%s%s", flavor_names[run->flavor],
		 run->test->variant ? "@" : "", run->test->variant ?: "");
	fprintf(out, "    <testcase");
	attribute(out, "classname", run->test->test);
	attribute(out, "name", name);
	fprintf(out, " time=\"%.4f\"", seconds(run));
	if (run_counts_as(run) == COUNT_PASSED) {
		fprintf(out, "/>\n");
		return;
	}
	fprintf(out, ">\n");
	if (run_counts_as(run) == COUNT_SKIPPED) {
		fprintf(out, "      <skipped");
		attribute(out, "message", r->reason);
		fprintf(out, "/>\n");
	} else {
		element = r->outcome == BROKEN ? "error" : "failure";
		fprintf(out, "      <%s", element);
		attribute(out, "type", r->phase ? phase_names[r->phase] : "kernel");
		attribute(out, "message", r->reason);
		fputc('>', out);
		markup_text(out, r->engine);
		fputc('\n', out);
		markup_text(out, r->more);
		markup_text(out, r->said);
		markup_text(out, run_again(s, run));
		fprintf(out, "</%s>\n", element);
	}
	fprintf(out, "    </testcase>\n");
}

static void write_all(FILE *out, const struct session *s)
{
	struct totals t = session_totals(s);
	unsigned int all_broken = 0;

	for (size_t i = 0; i < s->n; i++)
		all_broken += s->runs[i].result->outcome == BROKEN;
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	fprintf(out,
		"<testsuites name=\"zdtm\" tests=\"%zu\" failures=\"%u\" errors=\"%u\" "
		"skipped=\"%u\">\n",
		s->n, t.failed - all_broken, all_broken, t.skipped);
	for (size_t i = 0, end; i < s->n; i = end) {
		unsigned int counts[3] = {};
		double time = 0;
		size_t broken = 0;

		end = session_group_end(s, i);
		for (size_t k = i; k < end; k++) {
			counts[run_counts_as(&s->runs[k])]++;
			broken += s->runs[k].result->outcome == BROKEN;
			time += seconds(&s->runs[k]);
		}
		fprintf(out, "  <testsuite");
		attribute(out, "name", s->runs[i].test->test);
		fprintf(out,
			" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%u\" time=\"%.4f\">\n",
			end - i, counts[COUNT_FAILED] - broken, broken, counts[COUNT_SKIPPED],
			time);
		for (size_t k = i; k < end; k++)
			test_case(out, s, &s->runs[k]);
		fprintf(out, "  </testsuite>\n");
	}
	fprintf(out, "</testsuites>\n");
}

const struct report report_junit = {
	.name = "junit",
	.end = write_all,
};
