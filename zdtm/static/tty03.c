// SPDX-License-Identifier: GPL-2.0-only
/*
 * A controlling terminal whose only slave is held by a task of another session: the master still
 * tells whom it controls, and the holder has no right to ask.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

enum { LED, HELD, ASK, END };

static struct {
	int master;
	pid_t leader, holder;
} was;

static void holder(long slave)
{
	pid_t sid;

	SYS(setsid());
	t_wake(HELD);
	t_wait(ASK);
	EXPECT_ERRNO(ioctl(slave, TIOCGSID, &sid), ENOTTY);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	t_write(slave, "held\n", 5);
	t_wait(END);
}

static void leader(long master)
{
	int slave;

	SYS(setsid());
	slave = t_pts(master, O_RDWR);
	SYS(close(master));
	was.holder = t_fork(holder, slave);
	SYS(close(slave));
	t_wait(HELD);
	t_wake(LED);
	t_join(was.holder);
	SYS(close(SYS(open("/dev/tty", O_RDWR))));
}

static void setup(void)
{
	was.master = t_ptmx(O_RDWR);
	was.leader = t_fork(leader, was.master);
	t_wait(LED);
}

static void check(void)
{
	pid_t sid = 0;

	SYS(ioctl(was.master, TIOCGSID, &sid));
	EXPECT_EQ(sid, was.leader);
	t_wake(ASK);
	EXPECT_READS(was.master, "held\r\n");
	t_wake(END);
	t_join(was.leader);
}

ZDTM_TEST = {
	.doc = "a terminal controls the session it did, whoever holds its slave",
	.object = "tty",
	.setup = setup,
	.check = check,
};
