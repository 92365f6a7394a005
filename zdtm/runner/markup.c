// SPDX-License-Identifier: GPL-2.0-only
#include "engine/base/cleanup.h"
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

/* How many bytes the UTF-8 sequence there has, 0 when it is none. */
static size_t sequence(const unsigned char *s)
{
	size_t n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Too long for what they say, surrogates, and beyond the last character. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

void text_make_printable(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at;) {
		size_t n = *at < 0x80 ? 1 : sequence(at);

		if (n == 0 || (*at < ' ' && *at != '\n') || *at == 0x7f)
			*at = *at == '\t' ? ' ' : '?';
		at += MAX(n, (size_t)1);
	}
}
