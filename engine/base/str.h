// SPDX-License-Identifier: GPL-2.0-only
/* Text: comparing, and picking numbers out of what /proc prints. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* What follows the prefix, or NULL. */
static inline const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends_with(const char *s, const char *suffix);

/*
 * The number at *p in base 10, 16 or 8; *p moves behind it. false when there is no digit there or
 * the number does not fit.
 */
bool scan_u64(const char **p, int base, uint64_t *ret);

/* A whole text that is one number, nothing before or behind it. */
bool parse_u64(const char *s, int base, uint64_t *ret);
bool parse_int(const char *s, int *ret);

/* A number with an optional K, M or G behind it (powers of 1024), as --ghost-limit takes it. */
bool parse_size(const char *s, uint64_t *ret);

/*
 * Walks the lines of a text: *line points at the current one (not terminated), *len says how long
 * it is without the newline. Start with *at = text.
 */
bool next_line(const char **at, const char **line, size_t *len);

#endif
