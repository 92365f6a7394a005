// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends of pipes that were opened once more through /proc: F_GETFL tells them from those that pipe(2)
 * made, which are not large files. One pipe has lost its first ends, the other has all four.
 *
 * criu 4.2 brings all of them back as those of pipe(2).
 */
#include "zdtm.h"

#define LARGE 0100000 /* what F_GETFL says; O_LARGEFILE is 0 for programs that need not say it */

static struct {
	int lost[2], kept[4];
	int flags[6];
	struct blob data[2];
} was;

static int flags(int i)
{
	return SYS(fcntl(i < 2 ? was.lost[i] : was.kept[i - 2], F_GETFL));
}

static void setup(void)
{
	int ends[2];

	SYS(pipe(ends));
	was.lost[0] = t_reopen(ends[0], O_RDONLY | O_NONBLOCK);
	was.lost[1] = t_reopen(ends[1], O_WRONLY);
	SYS(close(ends[0]));
	SYS(close(ends[1]));
	/* The later ones come first, by number. */
	SYS(pipe(was.kept));
	was.kept[2] = was.kept[0];
	was.kept[3] = was.kept[1];
	was.kept[0] = t_reopen(was.kept[2], O_RDONLY);
	was.kept[1] = t_reopen(was.kept[3], O_WRONLY);
	for (int i = 0; i < 6; i++)
		was.flags[i] = flags(i);
	was.data[0] = t_fill(was.lost[1], 1000);
	was.data[1] = t_fill(was.kept[3], 1000);
}

static void check(void)
{
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(flags(i), was.flags[i]);
	EXPECT_DATA(was.lost[0], &was.data[0]);
	EXPECT_DATA(was.kept[0], &was.data[1]);
}

ZDTM_TEST = {
	.doc = "ends of pipes that were opened once more, with the first ends or without",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
