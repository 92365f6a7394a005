// SPDX-License-Identifier: GPL-2.0-only
/* The sixteen SSE registers, whole. */
#include "zdtm/arch/x86_64/hold.h"

#define REGISTERS 16
#define SIZE      16

/* clang-format off */
static void hold(long nr)
{
	unsigned char in[REGISTERS * SIZE], out[REGISTERS * SIZE] = "";
	struct blob values = t_fill_mem(in, sizeof(in));

	asm volatile(".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
		     "	movdqu	16 * \\i(%[in]), %%xmm\\i\n"
		     ".endr\n"
		     HOLD
		     ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
		     "	movdqu	%%xmm\\i, 16 * \\i(%[out])\n"
		     ".endr\n"
		     :
		     : HOLD_WORD, [in] "r"(in), [out] "r"(out)
		     : HOLD_CLOBBER, "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	EXPECT_MEM_IS(out, &values);
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
	.doc = "all SSE registers, of thread and process",
	.object = "xstate",
	.setup = setup,
	.check = check,
};
