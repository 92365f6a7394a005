// SPDX-License-Identifier: GPL-2.0-only
#include <isa-l/crc.h>

#include "crc32c.h"

/* isa-l picks the fastest code for the CPU at run time; a gigabyte takes it under 0.1 s. */
uint32_t crc32c(uint32_t crc, const void *data, size_t n)
{
	const unsigned char *p = data;

	crc = ~crc;
	while (n > 0) {
		int step = n > 1 << 30 ? 1 << 30 : (int)n; /* isa-l takes an int */

		crc = crc32_iscsi((unsigned char *)p, step, crc);
		p += step;
		n -= step;
	}
	return ~crc;
}

#define POLY 0x82f63b78u /* bits reversed: the coefficient of x^0 is the highest bit */

/* a * b modulo the polynomial. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t r = 0;

	for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
		if (a & bit)
			r ^= b;
		b = b & 1 ? (b >> 1) ^ POLY : b >> 1;
	}
	return r;
}

uint32_t crc32c_combine(uint32_t a, uint32_t b, uint64_t b_len)
{
	uint32_t shift = 1u << 31; /* x^0: the factor that b_len bytes multiply A by */
	uint32_t power = 1u << 23; /* x^8: one byte */

	for (; b_len; b_len >>= 1) {
		if (b_len & 1)
			shift = multiply(shift, power);
		power = multiply(power, power);
	}
	return multiply(a, shift) ^ b;
}
