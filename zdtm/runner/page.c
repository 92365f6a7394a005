// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "markup.h"
#include "page.h"
#include "say.h"

static const char *const part_names[] = { "Interfaces", "Tests" };

void page_add(struct page *p, struct json_object *document)
{
	p->columns = need(reallocarray(p->columns, p->n + 1, sizeof(*p->columns)));
	p->columns[p->n++] = (struct column){
		.title = need(strdup(document_title(document))),
		.parts = { document_probes(document), document_results(document) },
	};
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every name that any column has, once, in order. */
static struct texts row_names(const struct page *p, int part)
{
	struct texts all = {}, names = {};

	for (size_t c = 0; c < p->n; c++)
		for (size_t i = 0; i < p->columns[c].parts[part].n; i++)
			texts_add(&all, p->columns[c].parts[part].list[i].name);
	if (all.n)
		qsort(all.list, all.n, sizeof(*all.list), by_text);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || !streq(all.list[i], all.list[i - 1]))
			texts_add(&names, all.list[i]);
	free(all.list);
	return names;
}

void page_summarise(FILE *out, const struct entries *e)
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
	".skipped,.absent{background:#f6f0d0}.gap{background:#eee;color:#777}\n"
	".failed,.broken,.deviates,.regression{background:#f7cfcf;font-weight:bold}\n";

static void html_cell(FILE *out, const struct entry *e)
{
	if (!e) {
		fprintf(out, "<td>-</td>");
		return;
	}
	fprintf(out, "<td class=\"%s\"", e->word);
	if (*e->reason) {
		fprintf(out, " title=\"");
		markup_text(out, e->phase);
		markup_text(out, *e->phase ? ": " : "");
		markup_text(out, e->reason);
		fputc('"', out);
	}
	fprintf(out, ">%s</td>", e->word);
}

void page_html(FILE *out, const struct page *p)
{
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<title>zdtm</title>\n<style>\n%s</style></head><body>\n"
		"<h1>What survives checkpoint and restore</h1>\n",
		style);
	for (int part = 1; part >= 0; part--) {
		struct texts names = row_names(p, part);

		fprintf(out, "<h2>%s</h2>\n<table><thead><tr><th></th>", part_names[part]);
		for (size_t c = 0; c < p->n; c++) {
			fprintf(out, "<th>");
			markup_text(out, p->columns[c].title);
			fprintf(out, "<br>");
			page_summarise(out, &p->columns[c].parts[part]);
			fprintf(out, "</th>");
		}
		fprintf(out, "</tr></thead><tbody>\n");
		for (size_t i = 0; i < names.n; i++) {
			fprintf(out, "<tr><td>");
			markup_text(out, names.list[i]);
			fprintf(out, "</td>");
			for (size_t c = 0; c < p->n; c++)
				html_cell(out,
					  entries_find(&p->columns[c].parts[part], names.list[i]));
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

void page_markdown(FILE *out, const struct page *p)
{
	fprintf(out, "# What survives checkpoint and restore\n");
	for (int part = 1; part >= 0; part--) {
		struct texts names = row_names(p, part);

		fprintf(out, "\n## %s\n\n", part_names[part]);
		for (size_t c = 0; c < p->n; c++) {
			fprintf(out, "- %s: ", p->columns[c].title);
			page_summarise(out, &p->columns[c].parts[part]);
			fputc('\n', out);
		}
		fprintf(out, "\n| |");
		for (size_t c = 0; c < p->n; c++) {
			fputc(' ', out);
			markdown(out, p->columns[c].title);
			fprintf(out, " |");
		}
		fprintf(out, "\n|---|");
		for (size_t c = 0; c < p->n; c++)
			fprintf(out, "---|");
		fputc('\n', out);
		for (size_t i = 0; i < names.n; i++) {
			fprintf(out, "| ");
			markdown(out, names.list[i]);
			fprintf(out, " |");
			for (size_t c = 0; c < p->n; c++) {
				const struct entry *e =
					entries_find(&p->columns[c].parts[part], names.list[i]);

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

void page_write(const char *dir, const char *name, void (*write)(FILE *out, const struct page *p),
		const struct page *p)
{
	_cleanup_free_ char *path = NULL;
	FILE *out;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		die("out of memory");
	out = open_output(path);
	write(out, p);
	if (fclose(out) != 0)
		die("%s could not be written: %s", path, strerror(errno));
	printf("%s\n", path);
}
