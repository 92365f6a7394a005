// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet mode: each read of the master begins with a byte that says what happened to the slave. What
 * happened and has not been read yet is still told, once, and before the data. criu 4.2 keeps the
 * mode only.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

enum { NOTHING, STOPPED, STOP_READ, STARTED, FLUSHED, FLOW, CHANGED };

static int master, slave;

static void change_flags(tcflag_t iflag_off, tcflag_t lflag_off, tcflag_t lflag_on)
{
	struct termios t;

	SYS(tcgetattr(slave, &t));
	t.c_iflag &= ~iflag_off;
	t.c_lflag &= ~lflag_off;
	t.c_lflag |= lflag_on;
	SYS(tcsetattr(slave, TCSANOW, &t));
}

static void setup(void)
{
	int on = 1;

	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	change_flags(0, ECHO, 0);
	SYS(ioctl(master, TIOCPKT, &on));
	switch (variant->arg) {
	case STOP_READ:
		SYS(tcflow(slave, TCOOFF));
		EXPECT_READS(master, "\004");
		SYS(tcflow(slave, TCOON));
		EXPECT_READS(master, "\010");
		break;
	case FLUSHED:
		SYS(tcflush(slave, TCIOFLUSH));
		break;
	case FLOW:
		change_flags(IXON, 0, 0);
		break;
	case CHANGED:
		change_flags(0, 0, EXTPROC);
		break;
	}
	t_write(slave, "data", 4);
	t_write(master, "in\n", 3);
	switch (variant->arg) {
	case STOPPED:
	case STOP_READ:
		SYS(tcflow(slave, TCOOFF));
		break;
	case STARTED:
		SYS(tcflow(slave, TCOOFF));
		SYS(tcflow(slave, TCOON));
		break;
	}
	if (variant->arg == STOP_READ)
		EXPECT_READS(master, "\004");
}

static void check(void)
{
	int on = 0;

	SYS(ioctl(master, TIOCGPKT, &on));
	EXPECT_EQ(on, 1);
	switch (variant->arg) {
	case STOPPED:
		EXPECT_READS(master, "\004");
		break;
	case STARTED:
		EXPECT_READS(master, "\010");
		break;
	case FLUSHED:
		EXPECT_READS(master, "\003");
		break;
	case FLOW:
		EXPECT_READS(master, "\020");
		break;
	case CHANGED:
		EXPECT_READS(master, "\100");
		break;
	}
	EXPECT_READS(master, "\0data");
	EXPECT_READS(slave, "in\n");
	if (variant->arg == STOPPED || variant->arg == STOP_READ) {
		SYS(tcflow(slave, TCOON));
		EXPECT_READS(master, "\010");
	}
	EXPECT_QUIET(master);
	t_write(slave, "more", 4);
	EXPECT_READS(master, "\0more");
}

ZDTM_TEST = {
	.doc = "packet mode, and what it has to tell",
	.object = "tty",
	.variants = VARIANTS({ "nothing", NOTHING }, { "stopped", STOPPED },
			     { "stop_read", STOP_READ }, { "started", STARTED },
			     { "flushed", FLUSHED }, { "flow", FLOW }, { "changed", CHANGED }),
	.setup = setup,
	.check = check,
};
