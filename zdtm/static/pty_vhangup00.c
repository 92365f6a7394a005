// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slave hung up while its master lives: the open file is dead, and one opened afterwards works, on
 * the same terminal, side by side. criu 4.2 confuses the two.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

#ifndef TIOCVHANGUP
#define TIOCVHANGUP 0x5437
#endif

static struct {
	int master, dead, alive;
} was;

static void setup(void)
{
	was.master = t_ptmx(O_RDWR | O_NONBLOCK);
	was.dead = t_pts(was.master, O_RDWR | O_NOCTTY);
	SYS(ioctl(was.dead, TIOCVHANGUP));
	if (variant->arg)
		was.alive = t_pts(was.master, O_RDWR | O_NOCTTY);
}

static void check(void)
{
	struct termios t;
	char byte;

	EXPECT_READS(was.dead, "");
	EXPECT_ERRNO(tcgetattr(was.dead, &t), EIO);
	/* The slave is open, if only to somebody it does not answer. */
	EXPECT_ERRNO(read(was.master, &byte, 1), EAGAIN);
	if (!variant->arg)
		was.alive = t_pts(was.master, O_RDWR | O_NOCTTY);
	t_raw(was.alive);
	t_write(was.master, "in", 2);
	EXPECT_READS(was.alive, "in");
	t_write(was.alive, "out", 3);
	EXPECT_READS(was.master, "out");
	EXPECT_READS(was.dead, "");
}

ZDTM_TEST = {
	.doc = "a slave that was hung up, beside one of the same terminal that was not",
	.object = "tty",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* TIOCVHANGUP */
	.variants = VARIANTS({ "alone", 0 }, { "beside", 1 }),
	.setup = setup,
	.check = check,
};
