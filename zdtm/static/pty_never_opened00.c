// SPDX-License-Identifier: GPL-2.0-only
/*
 * A master without a slave. As long as nobody has opened one its reads wait; when the last one has
 * been closed they fail. What was written to it waits for whoever opens the slave, either way; and
 * what the slave had written before is read first. criu 4.2 loses all of that.
 */
#include <poll.h>
#include <termios.h>

#include "zdtm.h"

enum { NEVER, LOCKED, CLOSED };

static int master;

static void setup(void)
{
	struct termios t;

	master = SYS(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));
	SYS(tcgetattr(master, &t));
	t.c_lflag &= ~ECHO;
	SYS(tcsetattr(master, TCSANOW, &t));
	if (variant->arg != LOCKED)
		SYS(unlockpt(master));
	if (variant->arg == CLOSED) {
		int slave = t_pts(master, O_RDWR | O_NOCTTY);

		t_write(slave, "last words", 10);
		SYS(close(slave));
	}
	t_write(master, "line\npart", 9);
}

static void check(void)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	char name[64], byte;
	int slave;

	SYS_RC(ptsname_r(master, name, sizeof(name)));
	if (variant->arg == CLOSED) {
		EXPECT_READS(master, "last words");
		SYS(poll(&p, 1, 0));
		EXPECT_EQ(p.revents & POLLHUP, POLLHUP);
		EXPECT_ERRNO(read(master, &byte, 1), EIO);
	} else {
		EXPECT_EQ(poll(&p, 1, 0), 0);
		EXPECT_ERRNO(read(master, &byte, 1), EAGAIN);
	}
	if (variant->arg == LOCKED) {
		EXPECT_ERRNO(open(name, O_RDWR | O_NOCTTY), EIO);
		SYS(unlockpt(master));
	}
	slave = SYS(open(name, O_RDWR | O_NOCTTY));
	EXPECT_READS(slave, "line\n");
	EXPECT_QUIET(slave);
	t_write(master, "ial\n", 4);
	EXPECT_READS(slave, "partial\n");
	EXPECT_ERRNO(read(master, &byte, 1), EAGAIN);
}

ZDTM_TEST = {
	.doc = "a master whose slave was never open, is locked, or is closed again",
	.object = "tty",
	.variants = VARIANTS({ "never", NEVER }, { "locked", LOCKED }, { "closed", CLOSED }),
	.setup = setup,
	.check = check,
};
