// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input that came in one mode and is read in another. Bytes that were there when lines began to be
 * asked for are given at once, as one; lines that were there when bytes began to be asked for are
 * bytes, the unfinished one, too. With EXTPROC there are no lines whatever else is set.
 * criu 4.2 makes lines of bytes that were no lines.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

enum { TO_LINES, TO_BYTES, OUTSIDE };

static int master, slave;

static void set_lflag(tcflag_t lflag)
{
	struct termios t;

	SYS(tcgetattr(slave, &t));
	cfmakeraw(&t);
	t.c_lflag |= lflag;
	SYS(tcsetattr(slave, TCSANOW, &t));
}

static void setup(void)
{
	int n = 0;

	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	set_lflag(variant->arg == TO_BYTES  ? ICANON
		  : variant->arg == OUTSIDE ? ICANON | EXTPROC
					    : 0);
	t_write(master, "one\ntwo", 7);
	while (n < (variant->arg == TO_BYTES ? 4 : 7))
		SYS(ioctl(slave, FIONREAD, &n));
	if (variant->arg != OUTSIDE)
		set_lflag(variant->arg == TO_LINES ? ICANON : 0);
}

static void check(void)
{
	char got[8] = "";

	if (variant->arg == TO_BYTES) {
		t_read(slave, got, 7);
		EXPECT_STR(got, "one\ntwo");
	} else {
		EXPECT_READS(slave, "one\ntwo");
	}
	EXPECT_QUIET(slave);
	t_write(master, "x", 1);
	if (variant->arg == TO_LINES) {
		EXPECT_QUIET(slave);
		t_write(master, "\n", 1);
		EXPECT_READS(slave, "x\n");
	} else {
		EXPECT_READS(slave, "x");
	}
}

ZDTM_TEST = {
	.doc = "input that came in one mode and is read in another",
	.object = "tty",
	.variants = VARIANTS({ "to_lines", TO_LINES }, { "to_bytes", TO_BYTES },
			     { "extproc", OUTSIDE }),
	.setup = setup,
	.check = check,
};
