// SPDX-License-Identifier: GPL-2.0-only
/* Reports for people and for JSON readers. ktap.c and junit.c hold the other two. */
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "klog.h"
#include "report.h"
#include "say.h"

const struct report *report_find(const char *name)
{
	static const struct report *const all[] = { &report_pretty, &report_ktap, &report_junit,
						    &report_json };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (streq(all[i]->name, name))
			return all[i];
	return NULL;
}

/* ---- pretty ----------------------------------------------------------------------------------- */

static enum colour outcome_colour(const struct run *run)
{
	switch (run_counts_as(run)) {
	case COUNT_PASSED:
		return GREEN;
	case COUNT_FAILED:
		return RED;
	default:
		return run->result->outcome == REFUSED ? BLUE : YELLOW;
	}
}

static void print_ms(FILE *out, const char *what, double ms)
{
	if (ms >= 0)
		fprintf(out, " %s %.1f", what, ms);
}

static void pretty_line(FILE *out, const struct run *run)
{
	const struct result *r = run->result;

	fprintf(out, "%s%-7s%s %-36s %-3s", colour(out, outcome_colour(run)),
		outcome_names[r->outcome], colour(out, PLAIN), run->test->name,
		flavor_names[run->flavor]);
	if (r->outcome == PASSED) {
		fprintf(out, " %sms:", colour(out, DIM));
		print_ms(out, "setup", r->ms.setup);
		print_ms(out, "dump", r->ms.dump);
		print_ms(out, "frozen", r->ms.frozen);
		print_ms(out, "restore", r->ms.restore);
		print_ms(out, "check", r->ms.check);
		fprintf(out, "%s", colour(out, PLAIN));
	} else if (r->outcome == SKIPPED) {
		fprintf(out, " %s", r->reason);
	} else {
		fprintf(out, r->phase ? " in %s" : "", phase_names[r->phase]);
	}
	fputc('\n', out);
}

static void print_lines(FILE *out, const char *head, const char *text, const char *but)
{
	const char *line;
	size_t len;

	while (next_line(&text, &line, &len))
		if (strncmp(line, but, len) != 0 || but[len])
			fprintf(out, "    %s%.*s\n", head, (int)len, line);
}

/* A splat of the kernel has its point at its beginning, and stands in the log in full. */
#define DMESG_LINES 16

/* Of an oops what is no news to a reader who has not got the vmlinux at hand. */
static bool is_registers(const char *line, size_t len)
{
	static const char *const signs[] = { "RSP: ",  "RAX: ",  "RDX: ",          "RBP: ", "R10: ",
					     "R13: ",  "FS:  ",  "CS:  ",          "CR2: ", "PGD ",
					     "Code: ", "PKRU: ", "Hardware name: " };

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(line, len, signs[i], strlen(signs[i])))
			return true;
	return false;
}

static void print_head(FILE *out, const char *head, const char *text, unsigned int lines)
{
	const char *line;
	unsigned int n = 0;
	size_t len;

	while (next_line(&text, &line, &len)) {
		if (is_registers(line, len))
			continue;
		if (n++ == lines) {
			fprintf(out, "    %s...\n", head);
			break;
		}
		fprintf(out, "    %s%.*s\n", head, (int)len, line);
	}
}

static void pretty_details(FILE *out, const struct session *s, const struct run *run)
{
	const struct result *r = run->result;
	bool failed = run_counts_as(run) == COUNT_FAILED;

	if (r->outcome == SKIPPED)
		return;
	if (r->reason[0])
		fprintf(out, "    %s\n", r->reason);
	if (r->engine[0])
		fprintf(out, "    engine: %s\n", r->engine);
	print_lines(out, "        ", r->more, "");
	print_lines(out, "said:   ", r->said, r->reason);
	print_head(out, "dmesg:  ", klog_worst(r->kernel), DMESG_LINES);
	if (failed && run->explained_by)
		fprintf(out, "    kernel: %s %s%s%s\n", run->explained_by->name,
			run->explained_by->verdict, run->explained_by->reason ? ": " : "",
			run->explained_by->reason ?: "");
	if (run->log || run->dir)
		fprintf(out, "    logs:   %s\n", run->log ?: run->dir);
	if (failed)
		fprintf(out, "    again:  %s\n", run_again(s, run));
}

static void pretty_begin(FILE *out, const struct session *s)
{
	const struct engine *d = &s->manner.dump, *r = &s->manner.restore;

	fprintf(out, "Linux %s, ", s->kernel.release);
	if (!d->path)
		fprintf(out, "no engine");
	else if (d->spec == r->spec)
		fprintf(out, "%s %s", d->name, d->version ?: "");
	else
		fprintf(out, "dump by %s %s, restore by %s %s", d->name, d->version ?: "", r->name,
			r->version ?: "");
	fputc('\n', out);
}

static void pretty_run(FILE *out, const struct session *s, const struct run *run)
{
	pretty_line(out, run);
	pretty_details(out, s, run);
	fflush(out);
}

const struct report report_pretty = {
	.name = "pretty",
	.for_people = true,
	.begin = pretty_begin,
	.run = pretty_run,
};

static void failures_run(FILE *out, const struct session *s, const struct run *run)
{
	if (run_counts_as(run) == COUNT_FAILED)
		pretty_run(out, s, run);
}

const struct report report_failures = {
	.name = "failures",
	.for_people = true,
	.run = failures_run,
};

/* ---- json ------------------------------------------------------------------------------------- */

static void json_end(FILE *out, const struct session *s)
{
	struct json_object *json = session_json(s);

	fprintf(out, "%s\n", json_object_to_json_string_ext(json, DOCUMENT_LAYOUT));
	json_object_put(json);
}

const struct report report_json = {
	.name = "json",
	.end = json_end,
};
