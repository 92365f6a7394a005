// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual terminal is the controlling one of a session, whose foreground is a child. There is no
 * master to ask for that: only the tasks know. criu 4.2 loses it for all but the leader.
 */
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "zdtm.h"

#define DEVICE makedev(4, 6)

enum { READY, ASK };

static pid_t leader;

static void in_front(long unused)
{
	int tty;

	SYS(setpgid(0, 0));
	t_wake(READY);
	t_wait(ASK);
	tty = SYS(open("/dev/tty", O_RDWR));
	EXPECT_EQ(tcgetpgrp(tty), getpgrp());
	EXPECT_EQ(tcgetsid(tty), getppid());
	EXPECT_EQ(t_stat_num(getpid(), 7), DEVICE);
}

static void lead(long unused)
{
	pid_t child;
	int vt;

	signal(SIGTTOU, SIG_IGN);
	SYS(setsid());
	vt = SYS(open("vt", O_RDWR | O_NOCTTY));
	SYS(ioctl(vt, TIOCSCTTY, 0));
	child = t_fork(in_front, 0);
	setpgid(child, child);
	SYS(tcsetpgrp(vt, child));
	t_wake(READY);
	t_wait(ASK);
	EXPECT_EQ(tcgetpgrp(vt), child);
	t_join(child);
}

static void setup(void)
{
	int fd;

	SYS(mknod("vt", S_IFCHR | 0600, DEVICE));
	fd = open("vt", O_RDWR | O_NOCTTY);
	if (fd < 0)
		t_skip("this kernel has no virtual terminals: %s", strerror(errno));
	SYS(close(fd));
	leader = t_fork(lead, 0);
	for (int i = 0; i < 2; i++)
		t_wait(READY);
}

static void check(void)
{
	for (int i = 0; i < 2; i++)
		t_wake(ASK);
	t_join(leader);
}

ZDTM_TEST = {
	.doc = "a virtual terminal that controls a session",
	.object = "tty",
	.flavors = ZDTM_HOST | ZDTM_NS, /* no device node can be made in a user namespace */
	.caps = CAP_BIT(CAP_MKNOD),     /* mknod() */
	.exclusive = true,              /* there is only one of that number */
	.setup = setup,
	.check = check,
};
