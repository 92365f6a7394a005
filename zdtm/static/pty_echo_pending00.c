// SPDX-License-Identifier: GPL-2.0-only
/*
 * Typed while output is stopped: the echo waits, and comes when output flows again, behind what had
 * been written before and ahead of what is written then. criu 4.2 loses it.
 */
#include <termios.h>

#include "zdtm.h"

enum { BY_CALL, BY_CHARACTER };

static int master, slave;

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	t_write(slave, "prompt> ", 8);
	if (variant->arg == BY_CALL)
		SYS(tcflow(slave, TCOOFF));
	else
		t_write(master, "\023", 1);
	t_write(master, "l\001ne\nra\177est", 11);
	EXPECT_READS(slave, "l\001ne\n");
}

static void check(void)
{
	char echo[] = "l^Ane\r\nra\b \bestmore\r\n";

	memset(echo, 0, sizeof(echo));
	EXPECT_READS(master, "prompt> ");
	EXPECT_QUIET(master);
	if (variant->arg == BY_CALL)
		SYS(tcflow(slave, TCOON));
	else
		t_write(master, "\021", 1);
	t_write(slave, "more", 4);
	t_write(master, "\n", 1);
	EXPECT_READS(slave, "rest\n");
	t_read(master, echo, sizeof(echo) - 1);
	EXPECT_STR(echo, "l^Ane\r\nra\b \bestmore\r\n");
	EXPECT_QUIET(master);
}

ZDTM_TEST = {
	.doc = "echoes that wait for stopped output come when it flows",
	.object = "tty",
	.variants = VARIANTS({ "call", BY_CALL }, { "character", BY_CHARACTER }),
	.setup = setup,
	.check = check,
};
