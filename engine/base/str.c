// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>

#include "str.h"

bool str_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && streq(s + n - m, suffix);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return INT_MAX;
}

bool scan_u64(const char **p, int base, uint64_t *ret)
{
	const char *s = *p;
	uint64_t v = 0;

	if (digit(*s) >= base)
		return false;
	for (; digit(*s) < base; s++) {
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit(*s), &v))
			return false;
	}
	*p = s;
	*ret = v;
	return true;
}

bool parse_u64(const char *s, int base, uint64_t *ret)
{
	uint64_t v;

	if (!scan_u64(&s, base, &v) || *s)
		return false;
	*ret = v;
	return true;
}

bool parse_int(const char *s, int *ret)
{
	bool minus = *s == '-';
	uint64_t v;

	if (!parse_u64(s + minus, 10, &v) || v > INT_MAX)
		return false;
	*ret = minus ? -(int)v : (int)v;
	return true;
}

bool parse_size(const char *s, uint64_t *ret)
{
	unsigned int shift = 0;
	uint64_t v;

	if (!scan_u64(&s, 10, &v))
		return false;
	switch (*s) {
	case 'G':
	case 'g':
		shift = 30;
		break;
	case 'M':
	case 'm':
		shift = 20;
		break;
	case 'K':
	case 'k':
		shift = 10;
		break;
	}
	if (s[shift > 0] || v > UINT64_MAX >> shift)
		return false;
	*ret = v << shift;
	return true;
}

bool next_line(const char **at, const char **line, size_t *len)
{
	const char *end;

	if (!**at)
		return false;
	*line = *at;
	end = strchrnul(*at, '\n');
	*len = end - *line;
	*at = *end ? end + 1 : end;
	return true;
}
