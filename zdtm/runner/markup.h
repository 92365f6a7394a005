// SPDX-License-Identifier: GPL-2.0-only
/* Text inside XML, HTML and other documents. */
#ifndef ZDTM_MARKUP_H
#define ZDTM_MARKUP_H

#include <stdio.h>

/* As element content or between double quotes. What cannot be said there shows as \xNN. */
void markup_text(FILE *out, const char *text);

/* What others have said may be anything: what is no text in UTF-8 becomes question marks. Keeps newlines. */
void text_make_printable(char *text);

#endif
