// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transparent huge pages forbidden to a process, everywhere or except where it asked for them. The
 * children inherit it. criu 4.2 makes "everywhere" of both.
 */
#include "feature-probes/uapi/prctl.h"
#include "zdtm.h"

#define HUGE (2UL << 20)

static int thp(void)
{
	return SYS(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

static void expect_disabled(long unused)
{
	EXPECT_EQ(thp(), 1 | variant->arg);
}

static void setup(void)
{
	if (prctl(PR_SET_THP_DISABLE, 1, variant->arg, 0, 0))
		t_skip("PR_SET_THP_DISABLE with %#lx: %s", variant->arg, strerror(errno));
}

static void check(void)
{
	unsigned char *p = SYS(
		mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	expect_disabled(0);
	t_join(t_fork(expect_disabled, 0));
	/* Whether there is a huge page to be had, nobody knows; but where there may be none... */
	if (variant->arg == 0) {
		SYS(madvise(p, 2 * HUGE, MADV_HUGEPAGE));
		memset(p, 1, 2 * HUGE);
		EXPECT_EQ(t_field_num("/proc/self/smaps_rollup", "AnonHugePages", 10), 0);
	}
	SYS(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	EXPECT_EQ(thp(), 0);
}

ZDTM_TEST = {
	.doc = "huge pages are forbidden as widely as before",
	.object = "mm",
	.variants = VARIANTS({ "everywhere" }, { "except_advised", PR_THP_DISABLE_EXCEPT_ADVISED }),
	.setup = setup,
	.check = check,
};
