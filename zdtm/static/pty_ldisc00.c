// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line discipline that is not that of terminals: N_NULL, which neither reads nor writes, on one end
 * of a pty. Whoever cannot keep it has to say so; criu 4.2 makes a terminal of it.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

#define DISCIPLINE 27 /* N_NULL */

static int end;

static void setup(void)
{
	int master = t_ptmx(O_RDWR), slave = t_pts(master, O_RDWR | O_NOCTTY);
	int n = DISCIPLINE;

	end = variant->arg ? master : slave;
	if (ioctl(end, TIOCSETD, &n) < 0)
		t_skip("no line discipline %d: %s", DISCIPLINE, strerror(errno));
}

static void check(void)
{
	int n = -1;

	SYS(ioctl(end, TIOCGETD, &n));
	EXPECT_EQ(n, DISCIPLINE);
	EXPECT_ERRNO(write(end, "x", 1), EOPNOTSUPP);
}

ZDTM_TEST = {
	.doc = "another line discipline is kept, or refused by name",
	.object = "tty",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "slave", 0 }, { "master", 1 }),
	.setup = setup,
	.check = check,
};
