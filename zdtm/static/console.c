// SPDX-License-Identifier: GPL-2.0-only
/* The system's console, opened by a node of our own. It is the machine's: it only has to be found. */
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "zdtm.h"

static struct {
	int fd;
	unsigned int real;
} was;

static void setup(void)
{
	SYS(mknod("console", S_IFCHR | 0600, makedev(5, 1)));
	was.fd = open("console", O_RDONLY | O_NOCTTY | O_NONBLOCK);
	if (was.fd < 0)
		t_skip("this machine has no console: %s", strerror(errno));
	SYS(ioctl(was.fd, TIOCGDEV, &was.real));
}

static void check(void)
{
	unsigned int real;
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT(S_ISCHR(st.st_mode));
	EXPECT_EQ(st.st_rdev, makedev(5, 1));
	SYS(ioctl(was.fd, TIOCGDEV, &real));
	EXPECT_EQ(real, was.real);
	EXPECT_EQ(fcntl(was.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
}

ZDTM_TEST = {
	.doc = "the console, opened by a node of one's own, is open",
	.object = "tty",
	.flavors = ZDTM_HOST | ZDTM_NS, /* no device node can be made in a user namespace */
	.caps = CAP_BIT(CAP_MKNOD),     /* mknod() */
	.setup = setup,
	.check = check,
};
