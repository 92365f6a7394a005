// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mapping that grows downwards by being touched, as stacks do, and has already done so. It can go
 * on, down to what is mapped beneath it.
 */
#include "zdtm.h"

/* Nothing to be touched may come closer to a stack than 256 pages, PROT_NONE may. */
#define FLOOR 4
#define HOLE  16
#define GROWN 5
#define SIZE  ((FLOOR + HOLE + 1) * T_PAGE)

static struct {
	unsigned char *floor, *born;
	struct blob data;
} was;

static void setup(void)
{
	was.floor = SYS(mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	was.born = was.floor + SIZE - T_PAGE;
	SYS(munmap(was.floor + FLOOR * T_PAGE, HOLE * T_PAGE));
	SYS(mmap(was.born, T_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0));
	was.data = t_fill_mem(was.born - GROWN * T_PAGE, (GROWN + 1) * T_PAGE);
}

static void check(void)
{
	unsigned char *hole = was.floor + FLOOR * T_PAGE;
	struct vma v = t_vma(was.born);

	EXPECT_EQ(v.start, was.born - GROWN * T_PAGE);
	EXPECT_EQ(v.end, was.born + T_PAGE);
	EXPECT(t_vma_has(was.born, "gd"));
	EXPECT_MEM_IS(was.born - GROWN * T_PAGE, &was.data);

	EXPECT_EQ(t_try_write(hole), 0);
	EXPECT_EQ(t_vma(was.born).start, hole);
	EXPECT_EQ(t_try_read(hole - 1), SIGSEGV);
}

ZDTM_TEST = {
	.doc = "a mapping that has grown downwards keeps what is in it, and can grow more",
	.object = "mm",
	.setup = setup,
	.check = check,
};
