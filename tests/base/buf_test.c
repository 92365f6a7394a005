// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "tests/unit.h"

UNIT(append, "bytes are kept, and a NUL follows them that does not count")
{
	struct buf b = {};

	ATF_REQUIRE_EQ(buf_append(&b, NULL, 0), 0);
	ATF_CHECK_EQ(b.len, 0);
	ATF_REQUIRE_EQ(buf_append(&b, "a\0b", 3), 0);
	ATF_CHECK_EQ(b.len, 3);
	ATF_CHECK_EQ(memcmp(b.data, "a\0b", 4), 0);
	for (int i = 0; i < 10000; i++)
		ATF_REQUIRE_EQ(buf_append(&b, "0123456789", 10), 0);
	ATF_CHECK_EQ(b.len, 100003);
	ATF_CHECK_EQ(strlen(b.data + 3), 100000);
	ATF_CHECK(b.cap > b.len);
	buf_done(&b);
	ATF_CHECK(!b.data && !b.len && !b.cap);
	buf_done(&b);
}

UNIT(print, "text of any length is appended")
{
	struct buf b = {};
	char *longer = malloc(70001);

	ATF_REQUIRE_EQ(buf_printf(&b, "%s", ""), 0);
	ATF_CHECK_STREQ(b.data, "");
	ATF_REQUIRE_EQ(buf_printf(&b, "%d-%s", 12, "x"), 0);
	ATF_CHECK_STREQ(b.data, "12-x");
	memset(longer, 'y', 70000);
	longer[70000] = '\0';
	ATF_REQUIRE_EQ(buf_printf(&b, "%s.", longer), 0);
	ATF_CHECK_EQ(b.len, 4 + 70001);
	ATF_CHECK_STREQ(b.data + 4 + 70000, ".");
	free(longer);
	buf_done(&b);
}

UNIT(too_much, "what no memory can hold is refused, and the rest stays")
{
	struct buf b = {};

	ATF_REQUIRE_EQ(buf_append(&b, "kept", 4), 0);
	ATF_CHECK_EQ(buf_reserve(&b, SIZE_MAX), -ENOMEM);
	ATF_CHECK_EQ(buf_reserve(&b, SIZE_MAX - 4), -ENOMEM);
	ATF_CHECK_EQ(buf_reserve(&b, SIZE_MAX / 2), -ENOMEM);
	ATF_CHECK_STREQ(b.data, "kept");
	buf_done(&b);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, append);
	ATF_TP_ADD_TC(tp, print);
	ATF_TP_ADD_TC(tp, too_much);
	return atf_no_error();
}
