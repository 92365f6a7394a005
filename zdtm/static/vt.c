// SPDX-License-Identifier: GPL-2.0-only
/* A virtual terminal, opened by a node of our own. */
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "zdtm.h"

#define DEVICE makedev(4, 5)

static int fd;

static void setup(void)
{
	SYS(mknod("vt", S_IFCHR | 0600, DEVICE));
	fd = open("vt", O_RDONLY | O_NOCTTY);
	if (fd < 0)
		t_skip("this kernel has no virtual terminals: %s", strerror(errno));
}

static void check(void)
{
	unsigned int real;
	struct termios t;
	struct stat st;

	SYS(fstat(fd, &st));
	EXPECT_EQ(st.st_rdev, DEVICE);
	SYS(ioctl(fd, TIOCGDEV, &real));
	EXPECT_EQ(real, DEVICE);
	SYS(tcgetattr(fd, &t));
}

ZDTM_TEST = {
	.doc = "a virtual terminal, opened by a node of one's own, is open",
	.object = "tty",
	.flavors = ZDTM_HOST | ZDTM_NS, /* no device node can be made in a user namespace */
	.caps = CAP_BIT(CAP_MKNOD),     /* mknod() */
	.setup = setup,
	.check = check,
};
