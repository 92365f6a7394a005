// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>

#include "engine/base/str.h"
#include "tests/unit.h"

UNIT(comparing, "prefixes and suffixes")
{
	ATF_CHECK_STREQ(str_after("prefixed", "pre"), "fixed");
	ATF_CHECK_STREQ(str_after("same", "same"), "");
	ATF_CHECK_STREQ(str_after("any", ""), "any");
	ATF_CHECK(!str_after("pr", "pre"));
	ATF_CHECK(!str_after("", "pre"));
	ATF_CHECK(!str_after("xpre", "pre"));

	ATF_CHECK(str_ends_with("a (deleted)", " (deleted)"));
	ATF_CHECK(str_ends_with("same", "same"));
	ATF_CHECK(str_ends_with("any", ""));
	ATF_CHECK(!str_ends_with("e", "same"));
	ATF_CHECK(!str_ends_with("same ", "same"));
}

static void scans(const char *text, int base, bool good, uint64_t value, size_t moved)
{
	const char *p = text;
	uint64_t v = 4711;

	ATF_CHECK_MSG(scan_u64(&p, base, &v) == good, "'%s'", text);
	ATF_CHECK_MSG(v == (good ? value : 4711), "'%s': %ju", text, (uintmax_t)v);
	ATF_CHECK_MSG(p == text + moved, "'%s': moved by %td", text, p - text);
}

UNIT(scan, "a number at the front of a text, and where it ends")
{
	scans("0", 10, true, 0, 1);
	scans("12 34", 10, true, 12, 2);
	scans("ff-", 16, true, 255, 2);
	scans("FfG", 16, true, 255, 2);
	scans("778", 8, true, 63, 2);
	scans("0x10", 16, true, 0, 1);
	scans("18446744073709551615", 10, true, UINT64_MAX, 20);
	scans("18446744073709551616", 10, false, 0, 0);
	scans("ffffffffffffffff", 16, true, UINT64_MAX, 16);
	scans("10000000000000000", 16, false, 0, 0);
	scans("99999999999999999999999999", 10, false, 0, 0);
	scans("", 10, false, 0, 0);
	scans(" 1", 10, false, 0, 0);
	scans("-1", 10, false, 0, 0);
	scans("+1", 10, false, 0, 0);
	scans("8", 8, false, 0, 0);
	scans("a", 10, false, 0, 0);
}

UNIT(whole, "a text that is a number and nothing else")
{
	uint64_t v;
	int i;

	ATF_CHECK(parse_u64("42", 10, &v) && v == 42);
	ATF_CHECK(!parse_u64("42 ", 10, &v));
	ATF_CHECK(!parse_u64("42x", 10, &v));
	ATF_CHECK(!parse_u64("", 10, &v));

	ATF_CHECK(parse_int("2147483647", &i) && i == INT_MAX);
	ATF_CHECK(parse_int("-2147483647", &i) && i == -INT_MAX);
	ATF_CHECK(parse_int("-0", &i) && i == 0);
	ATF_CHECK(!parse_int("2147483648", &i));
	ATF_CHECK(!parse_int("4294967297", &i));
	ATF_CHECK(!parse_int("--1", &i));
	ATF_CHECK(!parse_int("- 1", &i));
	ATF_CHECK(!parse_int("-", &i));
	ATF_CHECK(!parse_int("", &i));
}

UNIT(size, "sizes with a letter for 1024, its square and cube")
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = { { "0", 0 },           { "17", 17 },
		     { "1K", 1 << 10 },    { "3k", 3 << 10 },
		     { "1M", 1 << 20 },    { "2m", 2 << 20 },
		     { "4G", 4ULL << 30 }, { "17179869183g", 17179869183ULL << 30 } };
	static const char *const bad[] = { "",    "K",  "1KB",          "1 K",
					   "-1K", "1T", "17179869184g", "18446744073709551616",
					   "1KK", "0x1" };
	uint64_t v;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ATF_CHECK_MSG(parse_size(good[i].text, &v) && v == good[i].value, "'%s': %ju",
			      good[i].text, (uintmax_t)v);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(!parse_size(bad[i], &v), "'%s'", bad[i]);
}

UNIT(lines, "the lines of a text, empty ones and the last without a newline among them")
{
	const char *at = "one\n\nthree\nlast", *line;
	size_t len;

	ATF_REQUIRE(next_line(&at, &line, &len));
	ATF_CHECK(len == 3 && memcmp(line, "one", 3) == 0);
	ATF_REQUIRE(next_line(&at, &line, &len));
	ATF_CHECK_EQ(len, 0);
	ATF_REQUIRE(next_line(&at, &line, &len));
	ATF_CHECK(len == 5 && memcmp(line, "three", 5) == 0);
	ATF_REQUIRE(next_line(&at, &line, &len));
	ATF_CHECK(len == 4 && memcmp(line, "last", 4) == 0);
	ATF_CHECK(!next_line(&at, &line, &len));

	at = "";
	ATF_CHECK(!next_line(&at, &line, &len));
	at = "\n";
	ATF_CHECK(next_line(&at, &line, &len) && len == 0);
	ATF_CHECK(!next_line(&at, &line, &len));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, comparing);
	ATF_TP_ADD_TC(tp, scan);
	ATF_TP_ADD_TC(tp, whole);
	ATF_TP_ADD_TC(tp, size);
	ATF_TP_ADD_TC(tp, lines);
	return atf_no_error();
}
