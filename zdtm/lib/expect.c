// SPDX-License-Identifier: GPL-2.0-only
/* Calls that must succeed, and comparisons. Each prints both texts and both values. */
#include "harness.h"

long zdtm_sys(long r, const char *text, struct zdtm_here here)
{
	if (r == -1)
		zdtm_die(here, "%s: %s", text, strerror(errno));
	return r;
}

void *zdtm_sys_ptr(void *p, const char *text, struct zdtm_here here)
{
	if (!p)
		zdtm_die(here, "%s: %s", text, strerror(errno));
	return p;
}

void zdtm_sys_rc(int rc, const char *text, struct zdtm_here here)
{
	if (rc != 0)
		zdtm_die(here, "%s: %s", text, strerror(rc));
}

bool zdtm_expect(bool held, const char *text, struct zdtm_here here)
{
	if (!held)
		zdtm_fail(here, "%s: does not hold", text);
	return held;
}

static bool negative(struct zdtm_num n)
{
	return n.is_signed && (int64_t)n.bits < 0;
}

/* -1, 0 or 1 */
static int compare(struct zdtm_num a, struct zdtm_num b)
{
	if (negative(a) != negative(b))
		return negative(a) ? -1 : 1;
	/* Two's complement orders negative numbers among themselves as it does unsigned ones. */
	return a.bits < b.bits ? -1 : a.bits > b.bits;
}

static const char *number(struct zdtm_num n, char to[64])
{
	if (negative(n))
		snprintf(to, 64, "%jd", (intmax_t)n.bits);
	else if (n.bits < 10)
		snprintf(to, 64, "%ju", (uintmax_t)n.bits);
	else
		snprintf(to, 64, "%ju (%#jx)", (uintmax_t)n.bits, (uintmax_t)n.bits);
	return to;
}

bool zdtm_expect_num(struct zdtm_num a, const char *op, struct zdtm_num b, const char *a_text,
		     const char *b_text, struct zdtm_here here)
{
	char a_value[64], b_value[64];
	int c = compare(a, b);
	bool held;

	switch (op[0]) {
	case '=':
		held = c == 0;
		break;
	case '!':
		held = c != 0;
		break;
	case '<':
		held = op[1] ? c <= 0 : c < 0;
		break;
	default:
		held = op[1] ? c >= 0 : c > 0;
	}
	if (!held)
		zdtm_fail(here, "%s %s %s: %s against %s", a_text, op, b_text, number(a, a_value),
			  number(b, b_value));
	return held;
}

bool zdtm_expect_str(const char *a, const char *b, const char *a_text, const char *b_text,
		     struct zdtm_here here)
{
	bool held = a && b ? strcmp(a, b) == 0 : a == b;

	if (!held)
		zdtm_fail(here, "%s same as %s: \"%s\" against \"%s\"", a_text, b_text,
			  a ? a : "(null)", b ? b : "(null)");
	return held;
}

bool zdtm_expect_mem(const void *a, const void *b, size_t len, const char *a_text,
		     const char *b_text, struct zdtm_here here)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < len; i++)
		if (x[i] != y[i]) {
			zdtm_fail(here, "%s same as %s: byte %zu of %zu is %#04x against %#04x",
				  a_text, b_text, i, len, x[i], y[i]);
			return false;
		}
	return true;
}

bool zdtm_expect_errno(long r, int err, const char *text, const char *err_text,
		       struct zdtm_here here)
{
	bool held = r == -1 && errno == err;

	if (r != -1)
		zdtm_fail(here, "%s: succeeded with %ld, not %s", text, r, err_text);
	else if (!held)
		zdtm_fail(here, "%s: %s, not %s", text, strerror(errno), err_text);
	return held;
}
