// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings at the very ends of the address space, and fixed ones all over it, some of which are sure
 * to lie where a restoring program has something of its own.
 */
#include "zdtm.h"

#define STEPS 61

static struct {
	unsigned char *at[STEPS + 2];
	struct blob data[STEPS + 2];
	int around[STEPS + 2][2]; /* what comes of touching what is just before, just behind */
	int n;
} was;

static void map_at(uintptr_t at)
{
	void *p = mmap((void *)at, T_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	/* Where we have something ourselves already. */
	if (p == MAP_FAILED && errno == EEXIST)
		return;
	was.at[was.n] = SYS(p);
	was.data[was.n] = t_fill_mem(p, T_PAGE);
	was.around[was.n][0] = t_try_read(was.at[was.n] - 1);
	was.around[was.n][1] = t_try_read(was.at[was.n] + T_PAGE);
	was.n++;
}

static void setup(void)
{
	/* The first page beyond what a program can have, without asking for more. */
	const uintptr_t end = (UINT64_C(1) << 47) - T_PAGE;
	char *lowest = t_slurp("/proc/sys/vm/mmap_min_addr");

	map_at((strtoul(lowest, NULL, 10) + T_PAGE - 1) & -T_PAGE);
	map_at(end - T_PAGE);
	for (int i = 1; i <= STEPS; i++)
		map_at(end / (STEPS + 1) * i & -T_PAGE);
	EXPECT_GT(was.n, STEPS - 5);
	free(lowest);
}

static void check(void)
{
	for (int i = 0; i < was.n; i++) {
		EXPECT_MEM_IS(was.at[i], &was.data[i]);
		EXPECT_EQ(t_try_read(was.at[i] - 1), was.around[i][0]);
		EXPECT_EQ(t_try_read(was.at[i] + T_PAGE), was.around[i][1]);
	}
}

ZDTM_TEST = {
	.doc = "mappings at the ends of the address space, and all over it, stay where they are",
	.object = "mm",
	.setup = setup,
	.check = check,
};
