// SPDX-License-Identifier: GPL-2.0-only
/* Text inside XML and HTML. */
#ifndef ZDTM_MARKUP_H
#define ZDTM_MARKUP_H

#include <stdio.h>

/* As element content or between double quotes. What cannot be said there shows as \xNN. */
void markup_text(FILE *out, const char *text);

#endif
