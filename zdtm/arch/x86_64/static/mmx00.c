// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMX registers, which are the x87's mantissas under another name, in the middle of a computation.
 */
#include "zdtm/arch/x86_64/hold.h"

/* clang-format off */
static void hold(long nr)
{
	uint64_t in[8], out[8];

	for (int i = 0; i < 8; i++)
		in[i] = UINT64_C(0x0102030405060708) * (i + 1) + 0x80 * nr;
	asm volatile(".irp i, 0, 1, 2, 3, 4, 5, 6, 7\n"
		     "	movq	8 * \\i(%[in]), %%mm\\i\n"
		     ".endr\n"
		     "paddb	%%mm1, %%mm0\n"
		     HOLD
		     "psubb	%%mm1, %%mm0\n"
		     ".irp i, 0, 1, 2, 3, 4, 5, 6, 7\n"
		     "	movq	%%mm\\i, 8 * \\i(%[out])\n"
		     ".endr\n"
		     "emms\n"
		     :
		     : HOLD_WORD, [in] "r"(in), [out] "r"(out)
		     : HOLD_CLOBBER);
	EXPECT_MEM(out, in, sizeof(in));
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
	.doc = "MMX registers, of thread and process",
	.object = "xstate",
	.setup = setup,
	.check = check,
};
