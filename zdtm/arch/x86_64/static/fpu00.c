// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x87 FPU with all eight registers full, an unusual control word, flags of a comparison and of
 * what went wrong, and the address of the last instruction.
 */
#include "zdtm/arch/x86_64/hold.h"

/* Of an FXSAVE image: control, status, tags, addresses, MXCSR; then registers of 16 bytes, 6 of them reserved. */
#define CONTROL 32

/* clang-format off */
static void hold(long nr)
{
	static const long double values[HOLDERS][8] = {
		{ 1.5L, -2.25L, 1e-4940L, 1e4930L, -0.0L, __builtin_infl(), 1.0L / 3, 7 },
		{ 3.5L, 4.25L, -1e-4000L, -1e4000L, 0.1L, -__builtin_infl(), 2.0L / 3, -9 },
	};
	/* Rounded up or towards zero, to 53 or 64 bits. */
	const uint16_t cw = nr ? 0x0a7f : 0x0f7f;
	char before[512] __attribute__((aligned(16))), after[512] __attribute__((aligned(16)));
	long double big = 1e4900L;

	asm volatile("fninit\n"
		     "fldcw	%[cw]\n"
		     "fldt	%[big]\n"
		     "fmul	%%st(0), %%st(0)\n" /* overflow */
		     "fstp	%%st(0)\n"
		     ".irp i, 7, 6, 5, 4, 3, 2, 1, 0\n"
		     "	fldt	16 * \\i(%[v])\n"
		     ".endr\n"
		     "fcom	%%st(1)\n"
		     "fxsave64	%[before]\n"
		     HOLD
		     "fxsave64	%[after]\n"
		     "fninit\n"
		     : [before] "=m"(before), [after] "=m"(after)
		     : HOLD_WORD, [v] "r"(values[nr]), [cw] "m"(cw), [big] "m"(big)
		     : HOLD_CLOBBER);
	EXPECT_MEM(after, before, CONTROL);
	EXPECT_MEM(after, &cw, sizeof(cw));
	for (int i = 0; i < 8; i++)
		EXPECT_MEM(after + CONTROL + 16 * i, &values[nr][i], 10);
}
/* clang-format on */

static void setup(void)
{
	holders_begin();
}

static void check(void)
{
	holders_end();
}

ZDTM_TEST = {
	.doc = "the x87 keeps its registers, control word and flags, of thread and process",
	.object = "xstate",
	.setup = setup,
	.check = check,
};
