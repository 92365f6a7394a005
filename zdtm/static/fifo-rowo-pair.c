// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two fifos. Of one the parent has the reading end and its child the writing one, so that who opens
 * them one task after the other waits for itself; the other is open both ways, at different numbers
 * here and there. Something is in each.
 */
#include "zdtm.h"

#define BOTH 30 /* in the child */

static struct {
	int pair, both;
	pid_t child;
} was;

static void child(long unused)
{
	int fd = SYS(open("pair", O_WRONLY));

	SYS(dup2(was.both, BOTH));
	SYS(close(was.both));
	t_write(fd, "pair", 4);
	t_write(BOTH, "both", 4);
	t_wake(1);
	t_wait(0);
	t_write(fd, "more", 4);
	t_write(BOTH, "more", 4);
}

static void setup(void)
{
	SYS(mkfifo("pair", 0600));
	SYS(mkfifo("both", 0600));
	was.both = SYS(open("both", O_RDWR));
	was.child = t_fork(child, 0);
	was.pair = SYS(open("pair", O_RDONLY));
	t_wait(1);
}

static void check(void)
{
	char got[8];

	t_wake(0);
	t_join(was.child);
	t_read(was.pair, got, 8);
	EXPECT_MEM(got, "pairmore", 8);
	t_read(was.both, got, 8);
	EXPECT_MEM(got, "bothmore", 8);
	EXPECT_EQ(read(was.pair, got, 1), 0);
}

ZDTM_TEST = {
	.doc = "fifos with an end here and an end there are whole",
	.object = "fifo",
	.setup = setup,
	.check = check,
};
