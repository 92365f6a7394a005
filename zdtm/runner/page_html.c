// SPDX-License-Identifier: GPL-2.0-only
/* The page for browsers: one file that needs nothing else, with the style and script it carries. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "klog.h"
#include "markup.h"
#include "page.h"
#include "say.h"

extern const char page_css[], page_js[];

/* What can stand in a cell, as the filter lists it: what needs looking at first. */
static const struct word {
	const char *word, *shown, *sign, *means;
} words[] = {
	{ "failed", "failed", "\u2717", "state was lost or changed, or the engine broke" },
	{ "broken", "broken", "!", "it could not be set up or asked" },
	{ "regression", "regression", "\u2193", "absent, though version and options promise it" },
	{ "deviates", "deviates", "\u2260", "there, but not as promised" },
	{ "refused", "refused", "\u2298", "the engine says it cannot save this, and spared it" },
	{ "new", "new", "+", "the kernel tells something we have no word for" },
	{ "skipped", "skipped", "\u2013", "something it needs is missing" },
	{ "absent", "absent", "\u25cb", "not there, though the release would have it" },
	{ "early", "not yet", "\u00b7", "absent as expected: a later release brought it" },
	{ "gone", "gone", "\u00b7", "absent as expected: a later release took it away" },
	{ "gap", "gap", "\u00b7", "there is no interface for it" },
	{ "passed", "passed", "\u2713", "everything that must survive did" },
	{ "conforms", "conforms", "\u2713", "as promised" },
	{ "nothing", "-", "", "" },
};

static const struct word *const first_harmless = &words[4];

static const struct word *find_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(words[i].word, word))
			return &words[i];
	return &words[ARRAY_SIZE(words) - 1];
}

/* A link for a file, relative to where the page is, so that they can be moved together. */
static void put_path(FILE *out, const char *path, const char *dir)
{
	_cleanup_free_ char *base = realpath(dir, NULL);
	size_t same = 0, up = 0;

	if (!base || path[0] != '/') {
		markup_text(out, path);
		return;
	}
	for (size_t i = 0; base[i] && base[i] == path[i]; i++)
		if (path[i] == '/')
			same = i;
	if (strncmp(base, path, strlen(base)) == 0 && path[strlen(base)] == '/')
		same = strlen(base);
	for (const char *p = base + same; *p; p++)
		up += *p == '/';
	while (up--)
		fputs("../", out);
	markup_text(out, path + same + 1);
}

/* Of what the kernel said: more than this nobody reads at a cell, and all of it is in the document. */
#define LOG_SHOWN 1500

static void put_title(FILE *out, const struct entry *e, const struct word *w)
{
	fprintf(out, " title=\"");
	markup_text(out, w->shown);
	if (*e->phase) {
		fprintf(out, " in ");
		markup_text(out, e->phase);
	}
	if (*e->reason) {
		fprintf(out, ": ");
		markup_text(out, e->reason);
	}
	if (*e->kernel_log) {
		_cleanup_free_ char *head = need(strndup(klog_worst(e->kernel_log), LOG_SHOWN));

		fprintf(out, "\nThe kernel: ");
		markup_text(out, head);
		if (strlen(head) == LOG_SHOWN)
			fprintf(out, "...");
	}
	fputc('"', out);
}

static void put_cell(FILE *out, const struct page *p, size_t column, const struct row *row,
		     const char *dir)
{
	const struct entry *e = page_cell(p, column, row);
	const struct word *w = find_word(page_word(p, column, row));

	fprintf(out, "<td class=\"c %s\"", w->word);
	if (e && (*e->reason || *e->kernel_log))
		put_title(out, e, w);
	fputc('>', out);
	if (e && *e->log) {
		fprintf(out, "<a href=\"");
		put_path(out, e->log, dir);
		fprintf(out, "\">");
	}
	fprintf(out, "<span class=t>%s</span><span class=s>%s</span>", w->shown, w->sign);
	if (e && *e->log)
		fprintf(out, "</a>");
	if (e && *e->kernel_log)
		fprintf(out, " <span class=w>\u26a0</span>");
	fprintf(out, "</td>");
}

static void put_row(FILE *out, const struct page *p, const struct row *row, const char *dir)
{
	fprintf(out, "<tr data-object=\"");
	markup_text(out, row->object);
	fprintf(out, "\" data-name=\"");
	markup_text(out, row->name);
	fprintf(out, "\" data-words=\"");
	for (size_t c = 0, any = 0; c < p->n; c++) {
		const char *word = page_word(p, c, row);
		bool had = false;

		for (size_t k = 0; k < c && !had; k++)
			had = streq(page_word(p, k, row), word);
		if (!had)
			fprintf(out, "%s%s", any++ ? " " : "", word);
	}
	fprintf(out, "\"><th scope=row title=\"");
	markup_text(out, row->what);
	fprintf(out, "\">");
	markup_text(out, row->name);
	fprintf(out, "</th><td class=since>");
	markup_text(out, row->since);
	if (*row->until) {
		fprintf(out, " to ");
		markup_text(out, row->until);
	}
	fprintf(out, "</td>");
	for (size_t c = 0; c < p->n; c++)
		put_cell(out, p, c, row, dir);
	fprintf(out, "</tr>\n");
}

/* A heading names the kernel, and how many tests are to be looked at; the list below tells the rest. */
static void put_head(FILE *out, const struct page *p)
{
	fprintf(out, "<thead><tr><th></th><th>since</th>");
	for (size_t c = 0; c < p->n; c++) {
		const struct column *column = &p->columns[c];

		fprintf(out, "<th scope=col title=\"");
		markup_text(out, column->title);
		fprintf(out, "\">");
		markup_text(out, column->name);
		fprintf(out, "<small>");
		if (*column->error)
			fprintf(out, "not tried");
		else if (*column->lacks)
			fprintf(out, "bare");
		fprintf(out, "</small></th>");
	}
	fprintf(out, "</tr></thead>\n");
}

static void put_kernels(FILE *out, const struct page *p)
{
	fprintf(out, "<details%s><summary>%zu kernel%s</summary><ul>\n", p->n < 3 ? " open" : "",
		p->n, p->n == 1 ? "" : "s");
	for (size_t c = 0; c < p->n; c++) {
		const struct column *column = &p->columns[c];

		fprintf(out, "<li><b>");
		markup_text(out, column->name);
		fprintf(out, "</b> (");
		markup_text(out, column->title);
		fputc(')', out);
		if (*column->lacks) {
			fprintf(out, ", booted bare, without ");
			markup_text(out, column->lacks);
		}
		fprintf(out, ": ");
		markup_text(out, column->error);
		if (!*column->error) {
			fprintf(out, "tests: ");
			page_summarise(out, p, c, PAGE_RESULTS);
			fprintf(out, "; interfaces: ");
			page_summarise(out, p, c, PAGE_PROBES);
		}
		fprintf(out, "</li>\n");
	}
	fprintf(out, "</ul></details>\n");
}

static void put_alarm(FILE *out, const struct column *column, const char *name,
		      const struct word *w, const char *why)
{
	fprintf(out, "<li><b>");
	markup_text(out, column->name);
	fprintf(out, "</b> <code>");
	markup_text(out, name);
	fprintf(out, "</code> <span class=%s>%s</span> ", w->word, w->shown);
	markup_text(out, why);
	fprintf(out, "</li>\n");
}

/* What somebody has to look at, above the table: a long table hides few red cells well. */
static void put_alarms(FILE *out, const struct page *p)
{
	enum { ROOM = 40 };
	size_t n = 0;

	fprintf(out, "<ul class=alarms>\n");
	for (size_t c = 0; c < p->n; c++) {
		const struct column *column = &p->columns[c];

		if (*column->error && n++ < ROOM)
			put_alarm(out, column, column->title, find_word("broken"), column->error);
		for (size_t i = 0; i < p->n_rows; i++) {
			const struct word *w = find_word(page_word(p, c, &p->rows[i]));
			const struct entry *e = page_cell(p, c, &p->rows[i]);

			if ((w < first_harmless || (e && *e->kernel_log)) && n++ < ROOM)
				put_alarm(out, column, p->rows[i].name, w,
					  *e->reason ? e->reason : e->kernel_log);
		}
	}
	if (n > ROOM)
		fprintf(out, "<li>and %zu more</li>\n", n - ROOM);
	fprintf(out, "</ul>\n%s",
		n ? "" : "<p>Nothing failed, broke, regressed or deviates.</p>\n");
}

static bool occurs(const struct page *p, const char *word)
{
	for (size_t i = 0; i < p->n_rows; i++)
		for (size_t c = 0; c < p->n; c++)
			if (streq(page_word(p, c, &p->rows[i]), word))
				return true;
	return false;
}

static void put_filter(FILE *out, const struct page *p)
{
	const char *object = NULL;

	fprintf(out, "<form id=filter hidden><input type=search name=text placeholder=\"name\" "
		     "aria-label=\"name\"> <select name=object aria-label=\"kernel object\">"
		     "<option value=\"\">all objects</option>");
	for (size_t i = 0; i < p->n_rows; i++) {
		if (object && streq(object, p->rows[i].object))
			continue;
		object = p->rows[i].object;
		if (!*object)
			continue;
		fprintf(out, "<option>");
		markup_text(out, object);
		fprintf(out, "</option>");
	}
	fprintf(out, "</select>\n");
	for (size_t i = 0; i < ARRAY_SIZE(words) - 1; i++)
		if (occurs(p, words[i].word))
			fprintf(out,
				"<label class=\"word %s\" title=\"%s\"><input type=checkbox "
				"name=word value=%s>%s</label>\n",
				words[i].word, words[i].means, words[i].word, words[i].shown);
	fprintf(out, "<label><input type=checkbox name=differ> kernels differ</label>\n"
		     "<span id=count></span></form>\n");
}

void page_html(FILE *out, const struct page *p, const char *dir)
{
	const char *object = NULL;

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
		"<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
		"<title>What survives checkpoint and restore</title>\n<style>\n%s</style></head>\n"
		"<body>\n<h1>What survives checkpoint and restore</h1>\n"
		"<p>Kernels across; down, by kernel object, the interfaces C/R rests on and the "
		"tests carried through it. Point at a cell, or touch it, for its reason; a failed "
		"one leads to its log.</p>\n",
		page_css);
	put_kernels(out, p);
	put_alarms(out, p);
	put_filter(out, p);
	fprintf(out, "<div class=scroll><table>\n");
	put_head(out, p);
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct row *row = &p->rows[i];

		if (!object || !streq(object, row->object)) {
			fprintf(out, "%s<tbody><tr class=object><th colspan=%zu>",
				object ? "</tbody>\n" : "", p->n + 2);
			object = row->object;
			markup_text(out, *object ? object : "other");
			fprintf(out, "</th></tr>\n");
		}
		put_row(out, p, row, dir);
	}
	fprintf(out,
		"%s</table></div>\n<aside id=detail hidden></aside>\n<script>\n%s</script>\n"
		"</body></html>\n",
		object ? "</tbody>" : "", page_js);
}
