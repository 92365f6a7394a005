// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slaves whose master is gone: reads give an end of file, writes fail, and poll says why. One opened
 * twice, one that does not block, one that was opened as /dev/tty. The number is not free as long as
 * they are open. criu 4.2 restores no /dev/tty without a terminal.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

static struct {
	int slave[3], n;
	struct stat node;
} was;

static void setup(void)
{
	int master = t_ptmx(O_RDWR);

	signal(SIGHUP, SIG_IGN);
	was.slave[was.n++] = t_pts(master, O_RDWR | (variant->arg ? 0 : O_NOCTTY));
	was.slave[was.n++] = t_pts(master, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (variant->arg)
		was.slave[was.n++] = SYS(open("/dev/tty", O_RDWR));
	t_write(master, "nobody reads it\n", 16);
	SYS(fstat(was.slave[0], &was.node));
	SYS(close(master));
}

static void check(void)
{
	struct pollfd p = { .events = POLLIN | POLLOUT };
	struct termios t;
	struct stat now;
	int index;

	for (int i = 0; i < was.n; i++) {
		EXPECT_READS(was.slave[i], "");
		if (i != 1)
			EXPECT_ERRNO(write(was.slave[i], "x", 1), EIO);
		EXPECT_ERRNO(tcgetattr(was.slave[i], &t), EIO);
		p.fd = was.slave[i];
		SYS(poll(&p, 1, 0));
		EXPECT_EQ(p.revents, POLLIN | POLLOUT | POLLERR | POLLHUP);
	}
	EXPECT_EQ(SYS(fcntl(was.slave[1], F_GETFL)) & (O_ACCMODE | O_NONBLOCK),
		  O_RDONLY | O_NONBLOCK);
	SYS(fstat(was.slave[0], &now));
	EXPECT_EQ(now.st_rdev, was.node.st_rdev);
	EXPECT_EQ(now.st_nlink, 0);
	SYS(ioctl(t_ptmx(O_RDWR), TIOCGPTN, &index));
	EXPECT_EQ(index, 1);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
}

ZDTM_TEST = {
	.doc = "slaves whose master is gone stay hung up",
	.object = "tty",
	.variants = VARIANTS({ "slaves", 0 }, { "tty", 1 }),
	.setup = setup,
	.check = check,
};
