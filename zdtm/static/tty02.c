// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slave opened with O_NOCTTY by the leader of a session without a terminal: it is not its
 * controlling terminal, and can become that of another session.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

static int master, slave;

static void take_it(long unused)
{
	pid_t sid;

	SYS(setsid());
	SYS(ioctl(slave, TIOCSCTTY, 0));
	SYS(ioctl(slave, TIOCGSID, &sid));
	EXPECT_EQ(sid, getpid());
}

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
}

static void check(void)
{
	pid_t sid;

	EXPECT_ERRNO(ioctl(slave, TIOCGSID, &sid), ENOTTY);
	EXPECT_ERRNO(ioctl(master, TIOCGSID, &sid), ENOTTY);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	EXPECT_EQ(t_stat_num(getpid(), 7), 0);
	t_join(t_fork(take_it, 0));
}

ZDTM_TEST = {
	.doc = "a terminal opened with O_NOCTTY does not become the controlling one",
	.object = "tty",
	.setup = setup,
	.check = check,
};
