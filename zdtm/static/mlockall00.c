// SPDX-License-Identifier: GPL-2.0-only
/*
 * mlockall(MCL_FUTURE): whatever will be mapped is locked, at once or as it is touched. No file of
 * /proc shows that; who maps a page and looks at it can tell.
 *
 * criu 4.2 loses it.
 */
#include "zdtm.h"

static void setup(void)
{
	SYS(mlockall(MCL_FUTURE | variant->arg));
}

static void check(void)
{
	unsigned char *at = t_map(4 * T_PAGE, MAP_PRIVATE);

	EXPECT(t_vma_has(at, "lo"));
	EXPECT_EQ(t_vma(at).rss, variant->arg == MCL_ONFAULT ? 0 : 4 * T_PAGE);
	/* What was there before had no part in it. */
	EXPECT(!t_vma_has(&variant, "lo"));
}

ZDTM_TEST = {
	.doc = "who has asked for all future memory to be locked gets it locked",
	.object = "mm",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "at_once", 0 }, { "on_fault", MCL_ONFAULT }),
	.setup = setup,
	.check = check,
};
