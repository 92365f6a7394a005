// SPDX-License-Identifier: GPL-2.0-only
/*
 * Result documents side by side: a column for each, a row for every probe and test that any of them
 * has, grouped by the kernel object they are about.
 */
#ifndef ZDTM_PAGE_H
#define ZDTM_PAGE_H

#include <stdio.h>

#include "document.h"

enum { PAGE_PROBES, PAGE_RESULTS, PAGE_PARTS };

struct column {
	const char *name;  /* "6.12" */
	const char *title; /* "6.12.118, refcr 0.1" */
	const char *release;
	const char *lacks; /* what the kernel was booted without, "" for nothing */
	const char *error; /* why nothing came of it, "" for a column that has something */
	struct json_object *document;
	struct entries parts[PAGE_PARTS];
};

struct row {
	const char *name, *object;
	const char *what;          /* what it asks, "" when its tree is not this one */
	const char *since, *until; /* the releases that have the interface, or "" */
	int part;
};

struct page {
	struct column *columns;
	size_t n;
	struct row *rows; /* by object; its probes before its tests */
	size_t n_rows;
};

/* From a file. `name` is what the column is called by; NULL: by its release. */
void page_add(struct page *p, const char *path, const char *name);

/* Once all columns are there. */
void page_arrange(struct page *p);

/* NULL where the column has no such row. */
const struct entry *page_cell(const struct page *p, size_t column, const struct row *row);

/*
 * The word for a cell: its outcome or verdict; "early" and "gone" for an interface that is absent as
 * its releases have it, so that it does not look like one that should be there; "nothing".
 */
const char *page_word(const struct page *p, size_t column, const struct row *row);

/* "57 passed, 1 failed": every word of a column's part with how often it stands there. */
void page_summarise(FILE *out, const struct page *p, size_t column, int part);

/* For a browser, a text reader, and for programs. */
void page_html(FILE *out, const struct page *p, const char *dir);
void page_markdown(FILE *out, const struct page *p, const char *dir);
void page_json(FILE *out, const struct page *p, const char *dir);

/* Writes one of them to a file in a directory, and tells where it is. */
void page_write(const char *dir, const char *name,
		void (*write)(FILE *out, const struct page *p, const char *dir),
		const struct page *p);

#endif
