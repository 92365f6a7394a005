// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window size of a controlling terminal. Its foreground hears of a change: not of the restore,
 * not when the size is set to what it is, but when it is set to something else.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

static int master;
static const struct winsize size = { 33, 99, 7, 5 };

static bool told(void)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	return sigtimedwait(&set, NULL, &now) == SIGWINCH;
}

static void setup(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	signal(SIGWINCH, SIG_DFL);
	master = t_ptmx(O_RDWR);
	SYS(close(t_pts(master, O_RDWR)));
	SYS(ioctl(master, TIOCSWINSZ, &size));
	EXPECT(told());
}

static void check(void)
{
	struct winsize now = {};
	int tty = SYS(open("/dev/tty", O_RDWR));

	EXPECT(!told());
	SYS(ioctl(tty, TIOCGWINSZ, &now));
	EXPECT_MEM(&now, &size, sizeof(size));
	SYS(ioctl(master, TIOCSWINSZ, &size));
	EXPECT(!told());
	now.ws_col++;
	SYS(ioctl(master, TIOCSWINSZ, &now));
	EXPECT(told());
}

ZDTM_TEST = {
	.doc = "the size of a terminal, and who is told when it changes",
	.object = "tty",
	.setup = setup,
	.check = check,
};
