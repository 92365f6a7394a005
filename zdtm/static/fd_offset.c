// SPDX-License-Identifier: GPL-2.0-only
/*
 * The offset of an open file, in places where it is easily moved or lost: in the program's own
 * executable, which an engine may want to read, beyond the end of a file, and far beyond 32 bits.
 */
#include "zdtm.h"

enum { IN_EXE, BEHIND_END, BEYOND_32_BITS };

static const off_t offsets[] = { 4, 1 << 20, 1L << 43 };

static struct {
	int fd;
} was;

static void setup(void)
{
	was.fd = variant->arg == IN_EXE ? SYS(open("/proc/self/exe", O_RDONLY))
					: SYS(open("file", O_RDWR | O_CREAT, 0600));
	if (variant->arg != IN_EXE)
		t_fill(was.fd, 10);
	SYS(lseek(was.fd, offsets[variant->arg], SEEK_SET));
}

static void check(void)
{
	char some[4];

	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), offsets[variant->arg]);
	EXPECT_EQ(read(was.fd, some, 4), variant->arg == IN_EXE ? 4 : 0);
	if (variant->arg != IN_EXE)
		EXPECT_EQ(lseek(was.fd, 0, SEEK_END), 10);
}

ZDTM_TEST = {
	.doc = "an open file is where it was, be that behind its end",
	.object = "regfile",
	.variants = VARIANTS({ "in_exe", IN_EXE }, { "behind_end", BEHIND_END },
			     { "beyond_32_bits", BEYOND_32_BITS }),
	.setup = setup,
	.check = check,
};
