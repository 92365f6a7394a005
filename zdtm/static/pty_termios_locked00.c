// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every mode of a terminal: flags, all control characters, speeds that are none of the classical
 * ones, window size with pixels; and locks on some of them, which not even we may change any more.
 * criu 4.2 loses the speeds.
 */
#include <asm/termbits.h>
#include <sys/ioctl.h>

#include "zdtm.h"

enum { COOKED, RAW, EXTERNAL };

static struct {
	int master, slave;
	struct termios2 modes;
	struct termios locked;
	struct winsize size;
} was;

static void setup(void)
{
	struct termios2 t;

	was.master = SYS(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	SYS(ioctl(was.master, TIOCSPTLCK, &(int){ 0 }));
	was.slave = SYS(ioctl(was.master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	SYS(ioctl(was.slave, TCGETS2, &t));
	t.c_iflag = IGNBRK | PARMRK | ISTRIP | INLCR | IXON | IXANY | IMAXBEL;
	t.c_oflag = OPOST | OLCUC | ONLCR | ONLRET | XTABS | VT1;
	t.c_lflag = ISIG | ECHO | ECHOK | ECHOCTL | NOFLSH | TOSTOP;
	if (variant->arg != RAW)
		t.c_lflag |= ICANON | IEXTEN;
	if (variant->arg == EXTERNAL)
		t.c_lflag |= EXTPROC;
	t.c_cflag = (t.c_cflag & ~CBAUD) | BOTHER | CSTOPB | HUPCL | CLOCAL | BOTHER << IBSHIFT;
	t.c_ospeed = 123456;
	t.c_ispeed = 7654;
	for (int i = 0; i < NCCS; i++)
		t.c_cc[i] = 0x80 + i;
	SYS(ioctl(was.slave, TCSETS2, &t));
	SYS(ioctl(was.slave, TCGETS2, &was.modes));
	EXPECT_EQ(was.modes.c_ospeed, 123456);
	was.size = (struct winsize){ 51, 132, 1056, 816 };
	SYS(ioctl(was.slave, TIOCSWINSZ, &was.size));
	was.locked.c_iflag = IXON;
	was.locked.c_oflag = OPOST | XTABS;
	was.locked.c_cflag = HUPCL;
	was.locked.c_lflag = ICANON | ECHO;
	was.locked.c_cc[VINTR] = was.locked.c_cc[VEOL2] = 0xff;
	SYS(ioctl(was.slave, TIOCSLCKTRMIOS, &was.locked));
}

static void expect_modes(void)
{
	struct termios2 now;

	SYS(ioctl(was.master, TCGETS2, &now));
	EXPECT_EQ(now.c_iflag, was.modes.c_iflag);
	EXPECT_EQ(now.c_oflag, was.modes.c_oflag);
	EXPECT_EQ(now.c_cflag, was.modes.c_cflag);
	EXPECT_EQ(now.c_lflag, was.modes.c_lflag);
	EXPECT_EQ(now.c_line, was.modes.c_line);
	EXPECT_EQ(now.c_ispeed, was.modes.c_ispeed);
	EXPECT_EQ(now.c_ospeed, was.modes.c_ospeed);
	EXPECT_MEM(now.c_cc, was.modes.c_cc, NCCS);
}

static void check(void)
{
	struct winsize size;
	struct termios locked;
	struct termios2 t;

	expect_modes();
	SYS(ioctl(was.slave, TIOCGLCKTRMIOS, &locked));
	EXPECT_EQ(locked.c_iflag, was.locked.c_iflag);
	EXPECT_EQ(locked.c_oflag, was.locked.c_oflag);
	EXPECT_EQ(locked.c_cflag, was.locked.c_cflag);
	EXPECT_EQ(locked.c_lflag, was.locked.c_lflag);
	EXPECT_MEM(locked.c_cc, was.locked.c_cc, NCCS);
	SYS(ioctl(was.slave, TIOCGWINSZ, &size));
	EXPECT_EQ(size.ws_row, was.size.ws_row);
	EXPECT_EQ(size.ws_col, was.size.ws_col);
	EXPECT_EQ(size.ws_xpixel, was.size.ws_xpixel);
	EXPECT_EQ(size.ws_ypixel, was.size.ws_ypixel);
	/* What is not locked can be changed, and nothing else is. */
	t = was.modes;
	t.c_iflag ^= IXON | IXANY;
	t.c_lflag ^= ICANON | ECHO | NOFLSH;
	t.c_cc[VINTR] = t.c_cc[VQUIT] = 1;
	SYS(ioctl(was.slave, TCSETS2, &t));
	was.modes.c_iflag ^= IXANY;
	was.modes.c_lflag ^= NOFLSH;
	was.modes.c_cc[VQUIT] = 1;
	expect_modes();
}

ZDTM_TEST = {
	.doc = "all modes of a terminal, its speeds, its size, and what of it is locked",
	.object = "tty",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* TIOCSLCKTRMIOS */
	.variants = VARIANTS({ "cooked", COOKED }, { "raw", RAW }, { "external", EXTERNAL }),
	.setup = setup,
	.check = check,
};
