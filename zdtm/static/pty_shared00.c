// SPDX-License-Identifier: GPL-2.0-only
/*
 * One open file of a slave and one of a master, each in two tasks, and another of the slave besides:
 * open flags set in one task are seen in the other and not in the third file; and when one task has
 * closed its copies the terminal is still there.
 */
#include "zdtm.h"

enum { READY, SET, SEEN, CLOSED };

static int master, slave, other;
static pid_t child;

static void sharer(long unused)
{
	SYS(close(other));
	t_wake(READY);
	t_wait(SET);
	EXPECT_EQ(SYS(fcntl(slave, F_GETFL)) & O_NONBLOCK, O_NONBLOCK);
	EXPECT_EQ(SYS(fcntl(master, F_GETFL)) & O_NONBLOCK, O_NONBLOCK);
	SYS(close(slave));
	SYS(close(master));
	t_wake(SEEN);
	t_wait(CLOSED);
}

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	other = t_pts(master, O_RDONLY | O_NOCTTY);
	t_raw(slave);
	child = t_fork(sharer, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(SYS(fcntl(slave, F_GETFL)) & (O_NONBLOCK | O_ACCMODE), O_RDWR);
	SYS(fcntl(slave, F_SETFL, O_NONBLOCK));
	SYS(fcntl(master, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(SYS(fcntl(other, F_GETFL)) & (O_NONBLOCK | O_ACCMODE), O_RDONLY);
	t_wake(SET);
	t_wait(SEEN);
	t_write(master, "in", 2);
	EXPECT_READS(other, "in");
	t_write(slave, "out", 3);
	EXPECT_READS(master, "out");
	t_wake(CLOSED);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "open files of a terminal shared by tasks are shared afterwards, and others not",
	.object = "tty",
	.setup = setup,
	.check = check,
};
