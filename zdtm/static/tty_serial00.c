// SPDX-License-Identifier: GPL-2.0-only
/*
 * A serial line. It stays with the machine, and with it its modes while anybody has it open: what is
 * asked is that it is open, the same one, and in the same state. It is changed only in what does
 * nothing to those who use it besides.
 *
 * criu 4.2 refuses it.
 */
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "zdtm.h"

#define MAJOR 4
#define FIRST 64
#define MARK  0x1e /* nobody ends lines by it */

/* A size that nobody has, for a line that has none. */
static const struct winsize mark = { .ws_row = 51, .ws_col = 81, .ws_xpixel = 3, .ws_ypixel = 4 };

static struct {
	int fd, modem;
	unsigned int minor;
	struct termios modes;
	struct winsize size;
} was;

/* 0: there is no such line, or nothing behind it. */
static int open_line(unsigned int n, struct termios *modes)
{
	int fd;

	SYS(mknod("line", S_IFCHR | 0600, makedev(MAJOR, FIRST + n)));
	fd = open("line", O_RDWR | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && tcgetattr(fd, modes) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	SYS(unlink("line"));
	return 0;
}

static void find_line(void)
{
	for (was.minor = 0; was.minor < 4 && !was.fd; was.minor++)
		was.fd = open_line(was.minor, &was.modes);
	if (!was.fd)
		t_skip("there is no serial line");
	was.minor += FIRST - 1;
}

static void setup(void)
{
	find_line();
	was.modes.c_cc[VEOL2] = MARK;
	SYS(tcsetattr(was.fd, TCSANOW, &was.modes));
	SYS(tcgetattr(was.fd, &was.modes));
	SYS(ioctl(was.fd, TIOCMGET, &was.modem));
	SYS(ioctl(was.fd, TIOCGWINSZ, &was.size));
	if (!was.size.ws_row && !was.size.ws_col)
		SYS(ioctl(was.fd, TIOCSWINSZ, &mark));
	SYS(ioctl(was.fd, TIOCGWINSZ, &was.size));
}

static void check(void)
{
	struct termios now;
	struct winsize ws;
	int modem;
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_rdev, makedev(MAJOR, was.minor));
	EXPECT_EQ(fcntl(was.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	SYS(tcgetattr(was.fd, &now));
	EXPECT_EQ(now.c_iflag, was.modes.c_iflag);
	EXPECT_EQ(now.c_oflag, was.modes.c_oflag);
	EXPECT_EQ(now.c_cflag, was.modes.c_cflag);
	EXPECT_EQ(now.c_lflag, was.modes.c_lflag);
	EXPECT_MEM(now.c_cc, was.modes.c_cc, sizeof(now.c_cc));
	SYS(ioctl(was.fd, TIOCMGET, &modem));
	EXPECT_EQ(modem & (TIOCM_DTR | TIOCM_RTS), was.modem & (TIOCM_DTR | TIOCM_RTS));
	SYS(ioctl(was.fd, TIOCGWINSZ, &ws));
	EXPECT_MEM(&ws, &was.size, sizeof(ws));
}

/* What was changed outlives us. */
static void put_back(int fd, struct termios *modes)
{
	struct winsize size = {};

	if (modes->c_cc[VEOL2] == MARK) {
		modes->c_cc[VEOL2] = 0;
		SYS(tcsetattr(fd, TCSANOW, modes));
	}
	SYS(ioctl(fd, TIOCGWINSZ, &size));
	if (memcmp(&size, &mark, sizeof(size)) == 0) {
		size = (struct winsize){};
		SYS(ioctl(fd, TIOCSWINSZ, &size));
	}
}

static void cleanup(void)
{
	struct termios modes;

	unlink("line");
	for (unsigned int n = 0; n < 4; n++) {
		int fd = open_line(n, &modes);

		if (!fd)
			continue;
		put_back(fd, &modes);
		SYS(unlink("line"));
	}
}

ZDTM_TEST = {
	.doc = "a serial line is open, with its modes",
	.object = "tty",
	.flavors = ZDTM_HOST | ZDTM_NS,
	.caps = CAP_BIT(CAP_MKNOD), /* mknod() */
	.exclusive = true,
	.setup = setup,
	.check = check,
	.cleanup = cleanup,
};
