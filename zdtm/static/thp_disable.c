// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that wants no huge pages, or (since 6.18) none but where it asked for them. That is said of
 * the whole memory, and must not come back as advice on every mapping.
 *
 * criu 4.2 loses the exception.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#ifndef PR_THP_DISABLE_EXCEPT_ADVISED
#define PR_THP_DISABLE_EXCEPT_ADVISED (1 << 1)
#endif

static struct {
	unsigned char *at;
} was;

static void setup(void)
{
	was.at = t_map(4 * T_PAGE, MAP_PRIVATE);
	if (prctl(PR_SET_THP_DISABLE, 1, variant->arg, 0, 0) < 0 && variant->arg && errno == EINVAL)
		t_skip("no exception for advised memory in PR_SET_THP_DISABLE");
	SYS(prctl(PR_SET_THP_DISABLE, 1, variant->arg, 0, 0));
}

static void check(void)
{
	EXPECT_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1 | variant->arg);
	EXPECT(!t_vma_has(was.at, "nh"));
	EXPECT(!t_vma_has(&was, "nh"));
}

ZDTM_TEST = {
	.doc = "a task that has switched huge pages off has them off, and no advice instead",
	.object = "mm",
	.variants = VARIANTS({ "all", 0 }, { "but_advised", PR_THP_DISABLE_EXCEPT_ADVISED }),
	.setup = setup,
	.check = check,
};
