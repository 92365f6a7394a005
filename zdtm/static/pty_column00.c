// SPDX-License-Identifier: GPL-2.0-only
/*
 * A terminal that expands tabs, and one that leaves out carriage returns where a line begins: both
 * have to know where on a line they are, and tell nobody. criu 4.2 is at the begin of one.
 */
#include <termios.h>

#include "zdtm.h"

enum { TABS, RETURNS, AT_BEGIN, AT_EIGHT };

static int master, slave;

static void setup(void)
{
	struct termios t;

	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	SYS(tcgetattr(slave, &t));
	t.c_oflag = OPOST | (variant->arg == TABS ? XTABS : ONOCR | XTABS);
	SYS(tcsetattr(slave, TCSANOW, &t));
	switch (variant->arg) {
	case TABS:
	case RETURNS:
		t_write(slave, "12345678901", 11);
		EXPECT_READS(master, "12345678901");
		break;
	case AT_BEGIN:
		t_write(slave, "123\r", 4);
		EXPECT_READS(master, "123\r");
		break;
	case AT_EIGHT:
		t_write(slave, "1234567890123456", 16);
		EXPECT_READS(master, "1234567890123456");
	}
}

static void check(void)
{
	switch (variant->arg) {
	case TABS:
		t_write(slave, "\t|\t|", 4);
		EXPECT_READS(master, "     |       |");
		break;
	case RETURNS:
		t_write(slave, "\r\r\t|", 4);
		EXPECT_READS(master, "\r        |");
		break;
	case AT_BEGIN:
		t_write(slave, "\r\r\t|", 4);
		EXPECT_READS(master, "        |");
		break;
	case AT_EIGHT:
		t_write(slave, "\r\t|", 3);
		EXPECT_READS(master, "\r        |");
	}
	EXPECT_QUIET(master);
}

ZDTM_TEST = {
	.doc = "output goes on where on a line it was",
	.object = "tty",
	.variants = VARIANTS({ "tabs", TABS }, { "returns", RETURNS }, { "at_begin", AT_BEGIN },
			     { "at_eight", AT_EIGHT }),
	.setup = setup,
	.check = check,
};
