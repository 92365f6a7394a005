// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIOCEXCL, of the slave, of the master, of a slave that nobody has open: whoever lacks
 * CAP_SYS_ADMIN cannot open it. criu 4.2 loses it.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

enum { SLAVE, MASTER, CLOSED };

static int master, slave;

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	SYS(ioctl(variant->arg == MASTER ? master : slave, TIOCEXCL));
	if (variant->arg == CLOSED)
		SYS(close(slave));
}

static void check(void)
{
	char name[64];
	int on = -1;

	SYS_RC(ptsname_r(master, name, sizeof(name)));
	SYS(ioctl(master, TIOCGEXCL, &on));
	EXPECT_EQ(on, variant->arg == MASTER);
	if (variant->arg != CLOSED) {
		SYS(ioctl(slave, TIOCGEXCL, &on));
		EXPECT_EQ(on, variant->arg == SLAVE);
	}
	if (variant->arg == MASTER) {
		SYS(close(SYS(open(name, O_RDWR | O_NOCTTY))));
		return;
	}
	EXPECT_ERRNO(open(name, O_RDWR | O_NOCTTY), EBUSY);
	if (variant->arg == SLAVE) {
		SYS(ioctl(slave, TIOCNXCL));
		SYS(close(SYS(open(name, O_RDWR | O_NOCTTY))));
	}
}

ZDTM_TEST = {
	.doc = "a terminal that must not be opened any more still cannot be",
	.object = "tty",
	.variants = VARIANTS({ "slave", SLAVE }, { "master", MASTER }, { "closed", CLOSED }),
	.setup = setup,
	.check = check,
};
