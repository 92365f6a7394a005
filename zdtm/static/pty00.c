// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pty whose slave is our controlling terminal: what waits in it is read, /dev/tty, opened before,
 * still leads to it, and when the last of it goes we hear of that, once and not before.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

#define MASTER 101
#define SLAVE  100

static int tty;

static void setup(void)
{
	struct termios t;
	sigset_t set;
	int master = t_ptmx(O_RDWR), slave = t_pts(master, O_RDWR | O_NOCTTY);

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCONT);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(dup2(master, MASTER));
	SYS(dup2(slave, SLAVE));
	SYS(close(master));
	SYS(close(slave));
	SYS(tcgetattr(SLAVE, &t));
	t.c_lflag &= ~ECHO;
	SYS(tcsetattr(SLAVE, TCSANOW, &t));
	SYS(ioctl(SLAVE, TIOCSCTTY, 0));
	tty = SYS(open("/dev/tty", O_RDWR));
	t_write(MASTER, "sixty bytes of a line, with its end: 0123456789 0123456789 \n", 60);
}

static bool pending(int sig)
{
	sigset_t set;

	SYS(sigpending(&set));
	return sigismember(&set, sig);
}

static void check(void)
{
	const struct timespec now = {};
	sigset_t hup;

	EXPECT_EQ(tcgetpgrp(SLAVE), getpgrp());
	EXPECT_READS(SLAVE, "sixty bytes of a line, with its end: 0123456789 0123456789 \n");
	EXPECT_QUIET(SLAVE);
	EXPECT_QUIET(MASTER);
	t_write(MASTER, "more\n", 5);
	EXPECT_READS(tty, "more\n");

	EXPECT(!pending(SIGHUP));
	SYS(close(SLAVE));
	EXPECT(!pending(SIGHUP));
	SYS(close(MASTER));
	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	EXPECT_EQ(sigtimedwait(&hup, NULL, &now), SIGHUP);
	EXPECT(!pending(SIGHUP));
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	EXPECT_READS(tty, "");
}

ZDTM_TEST = {
	.doc = "a controlling terminal keeps its data, /dev/tty, and whom it tells of its end",
	.object = "tty",
	.setup = setup,
	.check = check,
};
