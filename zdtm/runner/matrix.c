// SPDX-License-Identifier: GPL-2.0-only
/* zdtm matrix: documents side by side, as a page for a browser and one for a text reader. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "report.h"
#include "say.h"

struct column {
	char *title;
	struct entries parts[2]; /* probes, results */
};

static const char *const part_names[] = { "Interfaces", "Tests" };

struct matrix {
	struct column *columns;
	size_t n;
};

static void add_column(struct matrix *m, struct json_object *document)
{
	m->columns = need(reallocarray(m->columns, m->n + 1, sizeof(*m->columns)));
	m->columns[m->n++] = (struct column){
		.title = need(strdup(document_title(document))),
		.parts = { document_probes(document), document_results(document) },
	};
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every name that any column has, once, in order. */
static struct texts row_names(const struct matrix *m, int part)
{
	struct texts all = {}, names = {};

	for (size_t c = 0; c < m->n; c++)
		for (size_t i = 0; i < m->columns[c].parts[part].n; i++)
			texts_add(&all, m->columns[c].parts[part].list[i].name);
	if (all.n)
		qsort(all.list, all.n, sizeof(*all.list), by_text);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || !streq(all.list[i], all.list[i - 1]))
			texts_add(&names, all.list[i]);
	free(all.list);
	return names;
}

/* "57 passed, 1 failed": every word of a column with how often it stands there. */
static void summarise(FILE *out, const struct entries *e)
{
	const char *seen[16];
	size_t n = 0;

	for (size_t i = 0; i < e->n && n < ARRAY_SIZE(seen); i++) {
		size_t count = 0, k = 0;

		while (k < n && !streq(seen[k], e->list[i].word))
			k++;
		if (k < n)
			continue;
		seen[n++] = e->list[i].word;
		for (k = 0; k < e->n; k++)
			count += streq(e->list[k].word, e->list[i].word);
		fprintf(out, "%s%zu %s", n > 1 ? ", " : "", count, e->list[i].word);
	}
}

/* ---- HTML ------------------------------------------------------------------------------------- */

static const char style[] =
	"body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222}\n"
	"table{border-collapse:collapse;margin:1em 0}\n"
	"th,td{padding:2px 10px;text-align:left;border-bottom:1px solid #eee}\n"
	"th{position:sticky;top:0;background:#fff}\n"
	"td:first-child{font-family:monospace}\n"
	"td[title]{cursor:help;text-decoration:underline dotted}\n"
	".passed,.conforms{background:#d9f2dc}.refused,.new{background:#d8e6fa}\n"
	".skipped,.absent{background:#f6f0d0}\n"
	".failed,.broken,.deviates,.regression{background:#f7cfcf;font-weight:bold}\n";

static void html(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else
			fputc(*text, out);
	}
}

static void html_cell(FILE *out, const struct entry *e)
{
	if (!e) {
		fprintf(out, "<td>-</td>");
		return;
	}
	fprintf(out, "<td class=\"%s\"", e->word);
	if (*e->reason) {
		fprintf(out, " title=\"");
		html(out, e->phase);
		html(out, *e->phase ? ": " : "");
		html(out, e->reason);
		fputc('"', out);
	}
	fprintf(out, ">%s</td>", e->word);
}

static void write_html(FILE *out, const struct matrix *m)
{
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<title>zdtm</title>\n<style>\n%s</style></head><body>\n"
		"<h1>What survives checkpoint and restore</h1>\n",
		style);
	for (int part = 1; part >= 0; part--) {
		struct texts names = row_names(m, part);

		fprintf(out, "<h2>%s</h2>\n<table><thead><tr><th></th>", part_names[part]);
		for (size_t c = 0; c < m->n; c++) {
			fprintf(out, "<th>");
			html(out, m->columns[c].title);
			fprintf(out, "<br>");
			summarise(out, &m->columns[c].parts[part]);
			fprintf(out, "</th>");
		}
		fprintf(out, "</tr></thead><tbody>\n");
		for (size_t i = 0; i < names.n; i++) {
			fprintf(out, "<tr><td>");
			html(out, names.list[i]);
			fprintf(out, "</td>");
			for (size_t c = 0; c < m->n; c++)
				html_cell(out,
					  entries_find(&m->columns[c].parts[part], names.list[i]));
			fprintf(out, "</tr>\n");
		}
		fprintf(out, "</tbody></table>\n");
		free(names.list);
	}
	fprintf(out, "</body></html>\n");
}

/* ---- Markdown --------------------------------------------------------------------------------- */

/* A cell must not end the cell. */
static void markdown(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|\\`*_<", *text))
			fputc('\\', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
}

static bool tells_more(const struct entry *e)
{
	return e && *e->reason && !streq(e->word, "passed") && !streq(e->word, "conforms");
}

static void write_markdown(FILE *out, const struct matrix *m)
{
	fprintf(out, "# What survives checkpoint and restore\n");
	for (int part = 1; part >= 0; part--) {
		struct texts names = row_names(m, part);

		fprintf(out, "\n## %s\n\n", part_names[part]);
		for (size_t c = 0; c < m->n; c++) {
			fprintf(out, "- %s: ", m->columns[c].title);
			summarise(out, &m->columns[c].parts[part]);
			fputc('\n', out);
		}
		fprintf(out, "\n| |");
		for (size_t c = 0; c < m->n; c++) {
			fputc(' ', out);
			markdown(out, m->columns[c].title);
			fprintf(out, " |");
		}
		fprintf(out, "\n|---|");
		for (size_t c = 0; c < m->n; c++)
			fprintf(out, "---|");
		fputc('\n', out);
		for (size_t i = 0; i < names.n; i++) {
			fprintf(out, "| ");
			markdown(out, names.list[i]);
			fprintf(out, " |");
			for (size_t c = 0; c < m->n; c++) {
				const struct entry *e =
					entries_find(&m->columns[c].parts[part], names.list[i]);

				fprintf(out, " %s", e ? e->word : "-");
				if (tells_more(e)) {
					fprintf(out, ": ");
					markdown(out, e->reason);
				}
				fprintf(out, " |");
			}
			fputc('\n', out);
		}
		free(names.list);
	}
}

static void write_file(const char *dir, const char *name,
		       void (*write)(FILE *out, const struct matrix *m), const struct matrix *m)
{
	_cleanup_free_ char *path = NULL;
	FILE *out;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		die("out of memory");
	out = open_output(path);
	write(out, m);
	if (fclose(out) != 0)
		die("%s could not be written: %s", path, strerror(errno));
	printf("%s\n", path);
}

/* ---- The running kernel ----------------------------------------------------------------------- */

static bool every_one(const struct probe *p, void *arg)
{
	return true;
}

static void tell(const struct session *s, const struct run *run, void *arg)
{
	report_failures.run(stdout, s, run);
}

static unsigned int count_bad(const struct probes *p)
{
	unsigned int n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += probe_is(&p->list[i], "deviates") || probe_is(&p->list[i], "regression") ||
		     probe_is(&p->list[i], "broken");
	return n;
}

/* All probes and tests here. Gives how many failed. */
static unsigned int run_here(const char *engine, unsigned int jobs, const char *dir,
			     struct matrix *m)
{
	static const bool flavors[FLAVORS] = { [FLAVOR_H] = true };
	struct session s = { .manner = manner_make(engine, engine), .jobs = jobs };
	struct suite suite = suite_load(((const char *const[]){ NULL }));
	_cleanup_free_ char *path = NULL;
	struct json_object *document;
	struct totals totals;
	unsigned int bad;

	require_machine(&s.manner);
	s.kernel = kernel_running();
	report_pretty.begin(stdout, &s);
	progress("asking all probes...");
	s.probes = probes_load(NULL);
	probes_ask(&s.probes, &s.kernel, every_one, NULL);
	progress("%s", "");
	session_plan(&s, &suite, flavors);
	session_run(&s, tell, NULL);

	document = session_json(&s);
	if (asprintf(&path, "%s/results.json", dir) < 0)
		die("out of memory");
	if (json_object_to_file_ext(path, document,
				    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE) < 0)
		die("%s", json_util_get_last_err());
	printf("%s\n", path);
	add_column(m, document);

	bad = count_bad(&s.probes);
	totals = session_totals(&s);
	printf("probes: ");
	summarise(stdout, &m->columns[m->n - 1].parts[0]);
	printf("\n%u passed, %u failed, %u skipped\n", totals.passed, totals.failed,
	       totals.skipped);
	return bad + totals.failed;
}

int command_matrix(int argc, char **argv)
{
	enum { KERNELS = 256, RESULTS, ENGINE };
	static const struct option options[] = {
		{ "kernels", required_argument, NULL, KERNELS },
		{ "results", required_argument, NULL, RESULTS },
		{ "engine", required_argument, NULL, ENGINE },
		{ "jobs", required_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{},
	};
	const char *dir = "out", *engine = getenv("ZDTM_ENGINE") ?: "refcr";
	unsigned int failed = 0;
	int jobs = parallel_cpus();
	bool here = false;
	struct matrix m = {};

	for (int c; (c = getopt_long(argc, argv, "j:o:", options, NULL)) >= 0;) {
		if (c == 'o') {
			dir = optarg;
		} else if (c == ENGINE) {
			engine = optarg;
		} else if (c == RESULTS) {
			add_column(&m, document_load(optarg));
		} else if (c == KERNELS) {
			require_host_kernel(optarg);
			here = true;
		} else if (c != 'j' || !parse_int(optarg, &jobs) || jobs < 1) {
			if (c == 'j')
				misuse("-j %s: a number from 1 up is wanted", optarg);
			return EXIT_MISUSE;
		}
	}
	if (optind < argc)
		misuse("what is '%s'?", argv[optind]);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		misuse("cannot make %s: %s", dir, strerror(errno));

	/* Documents given and nothing said about kernels: only lay them side by side. */
	if (here || m.n == 0)
		failed = run_here(engine, jobs, dir, &m);
	write_file(dir, "matrix.html", write_html, &m);
	write_file(dir, "matrix.md", write_markdown, &m);
	return failed ? EXIT_FAILURES : EXIT_FINE;
}
