// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits in both directions. In cooked mode the input is lines: one that ends as usual, an end of
 * file, one that ends in it, one with such a character taken literally, and one that is not complete
 * and can still be edited. Its echo waits for the master, once. criu 4.2 loses what is not complete,
 * and every end of file; and echoes anew what it puts back.
 */
#include <termios.h>

#include "zdtm.h"

enum { COOKED, RAW };

static int master, slave;

static void setup(void)
{
	static const char raw[] = "\001\003\004\n\021\023\026\032\377\000x";

	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	if (variant->arg == RAW) {
		t_raw(slave);
		t_write(master, raw, sizeof(raw) - 1);
		t_write(slave, raw, sizeof(raw) - 1);
		return;
	}
	t_write(slave, "out\n", 4);
	t_write(master, "one\n\004two\004t\026\004ree\npar", 19);
}

/* However many pieces it came in. */
static void expect_echo(const char *text)
{
	char got[64] = "";

	t_read(master, got, strlen(text));
	EXPECT_STR(got, text);
}

static void check(void)
{
	if (variant->arg == RAW) {
		EXPECT_READS(slave, "\001\003\004\n\021\023\026\032\377\000x");
		EXPECT_READS(master, "\001\003\004\n\021\023\026\032\377\000x");
	} else {
		expect_echo("out\r\none\r\ntwot^\b^Dree\r\npar");
		EXPECT_READS(slave, "one\n");
		EXPECT_READS(slave, "");
		EXPECT_READS(slave, "two");
		EXPECT_READS(slave, "t\004ree\n");
		EXPECT_QUIET(slave);
		t_write(master, "\177ttial\n", 7);
		EXPECT_READS(slave, "pattial\n");
		expect_echo("\b \bttial\r\n");
	}
	EXPECT_QUIET(slave);
	EXPECT_QUIET(master);
}

ZDTM_TEST = {
	.doc = "unread bytes in both directions of a pty, in lines and half a line",
	.object = "tty",
	.variants = VARIANTS({ "cooked", COOKED }, { "raw", RAW }),
	.setup = setup,
	.check = check,
};
