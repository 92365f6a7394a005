// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output that is stopped: by the program (tcflow), which only the program can undo; by a ^S from the
 * master, which takes a ^Q, or with IXANY any character; or the master's own, by itself. criu 4.2
 * lets it flow.
 */
#include <termios.h>

#include "zdtm.h"

enum { BY_CALL, BY_CHARACTER, UNTIL_ANY, OF_MASTER };

static int master, slave;

static void setup(void)
{
	struct termios t;

	master = t_ptmx(O_RDWR | O_NONBLOCK);
	slave = t_pts(master, O_RDWR | O_NOCTTY | O_NONBLOCK);
	SYS(tcgetattr(slave, &t));
	cfmakeraw(&t);
	t.c_iflag |= IXON;
	if (variant->arg == UNTIL_ANY)
		t.c_iflag |= IXANY;
	SYS(tcsetattr(slave, TCSANOW, &t));
	t_write(slave, "before", 6);
	t_write(master, "in", 2);
	switch (variant->arg) {
	case BY_CALL:
		SYS(tcflow(slave, TCOOFF));
		break;
	case OF_MASTER:
		SYS(tcflow(master, TCOOFF));
		break;
	default:
		t_write(master, "\023", 1);
		/* It has arrived when writing is no longer possible. */
		while (write(slave, ".", 1) == 1)
			;
	}
}

static void check(void)
{
	char dots[9000];

	EXPECT_ERRNO(write(variant->arg == OF_MASTER ? master : slave, "x", 1), EAGAIN);
	t_read(master, dots, 6);
	EXPECT_MEM(dots, "before", 6);
	while (read(master, dots, sizeof(dots)) > 0)
		;
	EXPECT_READS(slave, "in");
	switch (variant->arg) {
	case BY_CALL:
		t_write(master, "\021", 1);
		EXPECT_QUIET(slave);
		EXPECT_ERRNO(write(slave, "x", 1), EAGAIN);
		SYS(tcflow(slave, TCOON));
		break;
	case BY_CHARACTER:
		SYS(tcflow(slave, TCOON));
		t_write(master, "y", 1);
		EXPECT_READS(slave, "y");
		EXPECT_ERRNO(write(slave, "x", 1), EAGAIN);
		t_write(master, "\021z", 2);
		EXPECT_READS(slave, "z");
		break;
	case UNTIL_ANY:
		t_write(master, "y", 1);
		EXPECT_READS(slave, "y");
		break;
	case OF_MASTER:
		SYS(tcflow(master, TCOON));
		t_write(master, "after", 5);
		EXPECT_READS(slave, "after");
	}
	t_write(slave, "after", 5);
	EXPECT_READS(master, "after");
}

ZDTM_TEST = {
	.doc = "stopped output stays stopped, until what stopped it lets it go",
	.object = "tty",
	.variants = VARIANTS({ "call", BY_CALL }, { "character", BY_CHARACTER },
			     { "until_any", UNTIL_ANY }, { "master", OF_MASTER }),
	.setup = setup,
	.check = check,
};
