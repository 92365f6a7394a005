// SPDX-License-Identifier: GPL-2.0-only
/*
 * The write life hint of a file, which its inode carries: one that still has a name has it of itself,
 * one that has none is made anew.
 *
 * criu 4.2 loses that of a nameless file.
 */
#include "zdtm.h"

#ifndef F_GET_RW_HINT
#define F_GET_RW_HINT       1035
#define F_SET_RW_HINT       1036
#define RWH_WRITE_LIFE_LONG 4
#endif

enum { NAMED, NAMELESS };

static struct {
	int fd;
} was;

static void setup(void)
{
	uint64_t hint = RWH_WRITE_LIFE_LONG;

	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	SYS(fcntl(was.fd, F_SET_RW_HINT, &hint));
	if (variant->arg == NAMELESS)
		SYS(unlink("file"));
}

static void check(void)
{
	uint64_t hint = 0;

	SYS(fcntl(was.fd, F_GET_RW_HINT, &hint));
	EXPECT_EQ(hint, RWH_WRITE_LIFE_LONG);
}

ZDTM_TEST = {
	.doc = "a file keeps its write life hint",
	.object = "regfile",
	.demand = REPORT,
	.variants = VARIANTS({ "named", NAMED }, { "nameless", NAMELESS }),
	.setup = setup,
	.check = check,
};
