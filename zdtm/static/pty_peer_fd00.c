// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slaves that were not opened by their path: through the master (TIOCGPTPEER), or as O_PATH only, of
 * a pty that is locked or not. criu 4.2 takes an O_PATH descriptor for a terminal, and fails.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

enum { PEER, PATH, LOCKED };

static struct {
	int master, fd;
	char *path;
} was;

static void setup(void)
{
	was.master = SYS(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	if (variant->arg == LOCKED) {
		was.fd = SYS(open("/dev/pts/0", O_PATH));
	} else {
		SYS(unlockpt(was.master));
		was.fd = variant->arg == PATH
				 ? SYS(open("/dev/pts/0", O_PATH))
				 : SYS(ioctl(was.master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	}
	was.path = t_fd_path(was.fd);
}

static void check(void)
{
	int slave = was.fd, locked = -1;

	EXPECT_STR(t_fd_path(was.fd), was.path);
	SYS(ioctl(was.master, TIOCGPTLCK, &locked));
	EXPECT_EQ(locked, variant->arg == LOCKED);
	if (variant->arg != PEER) {
		char link[32];

		snprintf(link, sizeof(link), "/proc/self/fd/%d", was.fd);
		if (variant->arg == LOCKED) {
			EXPECT_ERRNO(open(link, O_RDWR | O_NOCTTY), EIO);
			SYS(unlockpt(was.master));
		}
		slave = SYS(open(link, O_RDWR | O_NOCTTY));
	}
	t_raw(slave);
	t_write(was.master, "in", 2);
	EXPECT_READS(slave, "in");
}

ZDTM_TEST = {
	.doc = "slaves opened through their master, or as a path only",
	.object = "tty",
	.variants = VARIANTS({ "peer", PEER }, { "path", PATH }, { "locked", LOCKED }),
	.setup = setup,
	.check = check,
};
