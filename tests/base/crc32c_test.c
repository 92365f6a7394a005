// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "engine/base/crc32c.h"
#include "tests/unit.h"

UNIT(known, "the values that RFC 3720, appendix B.4, gives")
{
	unsigned char data[48];

	memset(data, 0, 32);
	ATF_CHECK_EQ(crc32c(0, data, 32), 0x8a9136aa);
	memset(data, 0xff, 32);
	ATF_CHECK_EQ(crc32c(0, data, 32), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		data[i] = i;
	ATF_CHECK_EQ(crc32c(0, data, 32), 0x46dd794e);
	for (int i = 0; i < 32; i++)
		data[i] = 31 - i;
	ATF_CHECK_EQ(crc32c(0, data, 32), 0x113fdb5c);
	ATF_CHECK_EQ(crc32c(0, "123456789", 9), 0xe3069283);
	ATF_CHECK_EQ(crc32c(0, NULL, 0), 0);
}

/* Bit by bit, as the definition has it. */
static uint32_t plain(uint32_t crc, const unsigned char *p, size_t n)
{
	crc = ~crc;
	for (; n; n--, p++) {
		crc ^= *p;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

UNIT(any, "any bytes at any alignment, in one go or in two")
{
	static unsigned char data[5000];

	srand(1);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = rand();
	for (int i = 0; i < 500; i++) {
		size_t from = rand() % 64, n = rand() % (sizeof(data) - 64);
		size_t cut = n ? rand() % n : 0;
		uint32_t whole = plain(0, data + from, n);

		ATF_REQUIRE_EQ(crc32c(0, data + from, n), whole);
		ATF_REQUIRE_EQ(crc32c(crc32c(0, data + from, cut), data + from + cut, n - cut),
			       whole);
	}
}

UNIT(combine, "two checksums become that of both parts together")
{
	static unsigned char data[5000];

	srand(2);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = rand();
	for (int i = 0; i < 500; i++) {
		size_t n = rand() % sizeof(data), cut = n ? rand() % n : 0;
		uint32_t a = crc32c(0, data, cut), b = crc32c(0, data + cut, n - cut);

		ATF_REQUIRE_EQ(crc32c_combine(a, b, n - cut), crc32c(0, data, n));
	}
	ATF_CHECK_EQ(crc32c_combine(0x12345678, 0, 0), 0x12345678);
	ATF_CHECK_EQ(crc32c_combine(0, 0x12345678, 7), 0x12345678);
}

UNIT(long_parts, "parts too long to be tried add up in either order")
{
	const uint64_t n[] = { 1ULL << 31, (1ULL << 40) + 5, 77 };
	const uint32_t crc[] = { 0xdeadbeef, 0x01234567, 0x89abcdef };
	uint32_t left, right;

	left = crc32c_combine(crc32c_combine(crc[0], crc[1], n[1]), crc[2], n[2]);
	right = crc32c_combine(crc[0], crc32c_combine(crc[1], crc[2], n[2]), n[1] + n[2]);
	ATF_CHECK_EQ(left, right);
	ATF_CHECK(left != crc32c_combine(crc[0], crc32c_combine(crc[1], crc[2], n[2]), n[0]));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, known);
	ATF_TP_ADD_TC(tp, any);
	ATF_TP_ADD_TC(tp, combine);
	ATF_TP_ADD_TC(tp, long_parts);
	return atf_no_error();
}
