// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "page.h"
#include "say.h"

/* "6.12" of "6.12.118+deb13-cloud-amd64". */
static const char *line_of(const char *release)
{
	size_t n = strcspn(release, ".");

	n += release[n] ? 1 + strspn(release + n + 1, "0123456789") : 0;
	return need(strndup(release, n));
}

void page_add(struct page *p, const char *path, const char *name)
{
	struct json_object *document = document_load(path);
	struct json_object *kernel = document_member(document, "kernel");
	const char *release = document_text(kernel, "release");
	struct entries *results;

	p->columns = need(reallocarray(p->columns, p->n + 1, sizeof(*p->columns)));
	p->columns[p->n++] = (struct column){
		.name = name ?: line_of(release),
		.title = need(strdup(document_title(document))),
		.release = release,
		.lacks = document_text(kernel, "lacks"),
		.error = document_text(document, "error"),
		.document = document,
		.parts = { document_probes(document), document_results(document) },
	};
	results = &p->columns[p->n - 1].parts[PAGE_RESULTS];
	for (size_t i = 0; i < results->n; i++)
		results->list[i].log = document_path(path, results->list[i].log);
}

/* ---- Rows --------------------------------------------------------------------------------------- */

/* "0.0" for what has always been there. */
static int compare_releases(const char *a, const char *b)
{
	uint64_t x, y;

	for (;;) {
		bool more_a = scan_u64(&a, 10, &x), more_b = scan_u64(&b, 10, &y);

		if (!more_a || !more_b)
			return more_a - more_b;
		if (x != y)
			return x < y ? -1 : 1;
		a += *a == '.';
		b += *b == '.';
	}
}

static void describe_probe(struct row *row, const struct probes *probes)
{
	const struct probe *p = probes_find(probes, row->name);

	row->object = need(strndup(row->name, strcspn(row->name, ".")));
	if (!p)
		return;
	row->what = p->what ?: "";
	row->since = p->since ?: row->since;
	row->until = p->until ?: "";
}

/* A test can be there when the youngest of the interfaces it needs is. */
static void describe_test(struct row *row, const struct suite *suite, const struct probes *probes)
{
	size_t n = strcspn(row->name, " ");

	for (size_t i = 0; i < suite->n; i++) {
		const struct test_case *t = &suite->cases[i];

		if (strncmp(t->name, row->name, n) != 0 || t->name[n])
			continue;
		row->object = t->object ?: "";
		row->what = t->doc;
		for (const char *const *name = t->needs; *name; name++) {
			const struct probe *p = probes_find(probes, *name);

			if (p && p->since && compare_releases(p->since, row->since) > 0)
				row->since = p->since;
		}
	}
}

static int by_object(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	/* What is about nothing in particular comes last. */
	int order = !*x->object - !*y->object ?: strcmp(x->object, y->object);

	return order ?: x->part - y->part ?: strcmp(x->name, y->name);
}

static struct row *find_row(struct page *p, const char *name, int part)
{
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].part == part && streq(p->rows[i].name, name))
			return &p->rows[i];
	return NULL;
}

void page_arrange(struct page *p)
{
	struct suite suite = suite_load(((const char *const[]){ NULL }));
	struct probes probes = probes_load(NULL);

	for (size_t c = 0; c < p->n; c++)
		for (int part = 0; part < PAGE_PARTS; part++)
			for (size_t i = 0; i < p->columns[c].parts[part].n; i++) {
				const struct entry *e = &p->columns[c].parts[part].list[i];

				if (find_row(p, e->name, part))
					continue;
				p->rows = need(
					reallocarray(p->rows, p->n_rows + 1, sizeof(*p->rows)));
				p->rows[p->n_rows++] = (struct row){ .name = e->name,
								     .object = "",
								     .what = "",
								     .since = e->since,
								     .until = "",
								     .part = part };
			}
	for (size_t i = 0; i < p->n_rows; i++) {
		struct row *row = &p->rows[i];

		if (row->part == PAGE_PROBES)
			describe_probe(row, &probes);
		else
			describe_test(row, &suite, &probes);
	}
	if (p->n_rows)
		qsort(p->rows, p->n_rows, sizeof(*p->rows), by_object);
}

/* ---- Cells -------------------------------------------------------------------------------------- */

const struct entry *page_cell(const struct page *p, size_t column, const struct row *row)
{
	return entries_find(&p->columns[column].parts[row->part], row->name);
}

const char *page_word(const struct page *p, size_t column, const struct row *row)
{
	const struct entry *e = page_cell(p, column, row);
	const struct kernel k = { .release = p->columns[column].release };

	if (!e)
		return "nothing";
	if (!streq(e->word, "absent"))
		return e->word;
	if (*row->until && kernel_is_since(&k, row->until))
		return "gone";
	return *row->since && !kernel_is_since(&k, row->since) ? "early" : e->word;
}

void page_summarise(FILE *out, const struct page *p, size_t column, int part)
{
	const char *seen[16];
	size_t n = 0;

	for (size_t i = 0; i < p->n_rows && n < ARRAY_SIZE(seen); i++) {
		const char *word = page_word(p, column, &p->rows[i]);
		size_t count = 0, k = 0;

		while (k < n && !streq(seen[k], word))
			k++;
		if (p->rows[i].part != part || k < n || streq(word, "nothing"))
			continue;
		seen[n++] = word;
		for (k = 0; k < p->n_rows; k++)
			count += p->rows[k].part == part &&
				 streq(page_word(p, column, &p->rows[k]), word);
		fprintf(out, "%s%zu %s", n > 1 ? ", " : "", count, word);
	}
}

/* ---- Forms other than HTML ---------------------------------------------------------------------- */

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

static void markdown_row(FILE *out, const struct page *p, const struct row *row)
{
	fprintf(out, "| ");
	markdown(out, row->name);
	fprintf(out, " | %s |", row->since);
	for (size_t c = 0; c < p->n; c++) {
		const struct entry *e = page_cell(p, c, row);
		const char *word = page_word(p, c, row);

		fprintf(out, " %s", e ? word : "-");
		/* That a kernel does not have what came later needs no reason. */
		if (tells_more(e) && !streq(word, "early") && !streq(word, "gone")) {
			fprintf(out, ": ");
			markdown(out, e->reason);
		}
		fprintf(out, " |");
	}
	fputc('\n', out);
}

void page_markdown(FILE *out, const struct page *p, const char *dir)
{
	static const char *const part_names[] = { "interfaces", "tests" };
	const char *object = NULL;

	fprintf(out, "# What survives checkpoint and restore\n\n");
	for (size_t c = 0; c < p->n; c++) {
		fprintf(out, "- %s (%s)", p->columns[c].name, p->columns[c].title);
		if (*p->columns[c].lacks)
			fprintf(out, ", booted without %s", p->columns[c].lacks);
		for (int part = PAGE_PARTS - 1; part >= 0 && !*p->columns[c].error; part--) {
			fprintf(out, "; %s: ", part_names[part]);
			page_summarise(out, p, c, part);
		}
		fprintf(out, "%s%s\n", *p->columns[c].error ? ": " : "", p->columns[c].error);
	}
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct row *row = &p->rows[i];

		if (!object || !streq(row->object, object)) {
			object = row->object;
			fprintf(out, "\n## %s\n\n| | since |", *object ? object : "other");
			for (size_t c = 0; c < p->n; c++) {
				fputc(' ', out);
				markdown(out, p->columns[c].name);
				fprintf(out, " |");
			}
			fprintf(out, "\n|---|---|");
			for (size_t c = 0; c < p->n; c++)
				fprintf(out, "---|");
			fputc('\n', out);
		}
		markdown_row(out, p, row);
	}
}

void page_json(FILE *out, const struct page *p, const char *dir)
{
	struct json_object *json = json_object_new_object(), *list = json_object_new_array();

	json_object_object_add(json, "schema", json_object_new_int(1));
	for (size_t c = 0; c < p->n; c++)
		json_object_array_add(list, json_object_get(p->columns[c].document));
	json_object_object_add(json, "kernels", list);
	fprintf(out, "%s\n", json_object_to_json_string_ext(json, DOCUMENT_LAYOUT));
	json_object_put(json);
}

void page_write(const char *dir, const char *name,
		void (*write)(FILE *out, const struct page *p, const char *dir),
		const struct page *p)
{
	_cleanup_free_ char *path = NULL;
	FILE *out;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		die("out of memory");
	out = open_output(path);
	write(out, p, dir);
	close_output(out);
	printf("%s\n", path);
}
