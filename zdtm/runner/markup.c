// SPDX-License-Identifier: GPL-2.0-only
#include "markup.h"

/* XML 1.0 has no way at all to write most control characters. */
void markup_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c >= ' ' && c < 0x7f)
			fputc(c, out);
		else
			fprintf(out, c == '\n' ? "\n" : "\\x%02x", c);
	}
}
