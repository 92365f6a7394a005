// SPDX-License-Identifier: GPL-2.0-only
/*
 * After VLNEXT the next character is taken as it is, be it one that would interrupt or end the line.
 * The kernel remembers that it comes, and shows it nowhere. criu 4.2 loses it.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

static int master, slave;

static void setup(void)
{
	struct termios t;

	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	SYS(ioctl(slave, TIOCSCTTY, 0));
	SYS(tcgetattr(slave, &t));
	t.c_lflag &= ~ECHO;
	SYS(tcsetattr(slave, TCSANOW, &t));
	t_write(master, variant->arg ? "before\nab\026" : "\026", variant->arg ? 10 : 1);
}

static void check(void)
{
	if (variant->arg)
		EXPECT_READS(slave, "before\n");
	EXPECT_QUIET(slave);
	/* Else it would be SIGINT, which ends us. */
	t_write(master, "\003", 1);
	EXPECT_QUIET(slave);
	t_write(master, "c\n", 2);
	if (variant->arg)
		EXPECT_READS(slave, "ab\003c\n");
	else
		EXPECT_READS(slave, "\003c\n");
	EXPECT_QUIET(slave);
}

ZDTM_TEST = {
	.doc = "the character after a literal-next is taken literally",
	.object = "tty",
	.variants = VARIANTS({ "alone", 0 }, { "in_line", 1 }),
	.setup = setup,
	.check = check,
};
