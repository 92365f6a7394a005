// SPDX-License-Identifier: GPL-2.0-only
/* Result documents side by side: a column each, a row for every probe and test that any of them has. */
#ifndef ZDTM_PAGE_H
#define ZDTM_PAGE_H

#include <stdio.h>

#include "document.h"

enum { PAGE_PROBES, PAGE_RESULTS, PAGE_PARTS };

struct page {
	struct column {
		char *title;
		struct entries parts[PAGE_PARTS];
	} * columns;
	size_t n;
};

void page_add(struct page *p, struct json_object *document);

/* "57 passed, 1 failed": every word of a column's part with how often it stands there. */
void page_summarise(FILE *out, const struct entries *e);

/* For a browser, and for a text reader. */
void page_html(FILE *out, const struct page *p);
void page_markdown(FILE *out, const struct page *p);

/* Writes one of them to a file in a directory, and tells where it is. */
void page_write(const char *dir, const char *name, void (*write)(FILE *out, const struct page *p),
		const struct page *p);

#endif
