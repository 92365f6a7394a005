// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slave opened twice, given to another owner: its node keeps owner, group and mode, and a line
 * written to the master is read by either, once.
 */
#include "zdtm.h"

static struct {
	int master, slave[2];
	dev_t rdev;
} was;

#define UID  13
#define GID  17
#define MODE 0462

static void setup(void)
{
	struct stat node;

	was.master = t_ptmx(O_RDWR);
	was.slave[0] = t_pts(was.master, O_RDWR | O_NOCTTY);
	was.slave[1] = t_pts(was.master, O_RDWR | O_NOCTTY | O_NONBLOCK);
	SYS(fchmod(was.slave[0], MODE));
	SYS(fchown(was.slave[0], UID, GID));
	SYS(fstat(was.slave[0], &node));
	was.rdev = node.st_rdev;
}

static void check(void)
{
	struct stat now;

	for (int i = 0; i < 2; i++) {
		SYS(fstat(was.slave[i], &now));
		EXPECT_EQ(now.st_uid, UID);
		EXPECT_EQ(now.st_gid, GID);
		EXPECT_EQ(now.st_mode, S_IFCHR | MODE);
		EXPECT_EQ(now.st_rdev, was.rdev);
	}
	t_write(was.master, "one\n", 4);
	EXPECT_READS(was.slave[0], "one\n");
	EXPECT_ERRNO(read(was.slave[1], &now, 1), EAGAIN);
	t_write(was.master, "two\n", 4);
	EXPECT_READS(was.slave[1], "two\n");
	EXPECT_QUIET(was.slave[0]);
}

ZDTM_TEST = {
	.doc = "a slave opened twice keeps the owner of its node, and both lead to one terminal",
	.object = "tty",
	.caps = CAP_BIT(CAP_CHOWN), /* fchown() */
	.setup = setup,
	.check = check,
};
