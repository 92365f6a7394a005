// SPDX-License-Identifier: GPL-2.0-only
/*
 * Half of a pty is held outside the tree: its master, its slave, or the session that it controls. The
 * other half cannot be made without it, and whoever pretends to leaves somebody behind.
 *
 * criu 4.2 dumps a master whose slave is somebody else's, who then is hung up on.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/un.h>

#include "zdtm.h"

enum { MASTER_OUTSIDE, SLAVE_OUTSIDE, SESSION_OUTSIDE };
enum { HELD };

static int fd;

/* Its parent ends, and it belongs to nobody of the test any more. */
static void outsider(long theirs)
{
	if (variant->arg == SESSION_OUTSIDE)
		SYS(ioctl(theirs, TIOCSCTTY, 0));
	t_wake(HELD);
	for (;;)
		pause();
}

static void leaves(long theirs)
{
	SYS(close(fd));
	SYS(setsid());
	if (fork() == 0) {
		SYS(setsid());
		outsider(theirs);
	}
}

static void setup(void)
{
	int master = t_ptmx(O_RDWR), slave = t_pts(master, O_RDWR | O_NOCTTY), theirs;

	t_raw(slave);
	fd = variant->arg == MASTER_OUTSIDE ? slave : master;
	theirs = variant->arg == MASTER_OUTSIDE ? master : slave;
	t_join(t_fork(leaves, theirs));
	t_wait(HELD);
	SYS(close(theirs));
}

static void check(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	pid_t sid = 0;

	/* The other half is there. */
	SYS(poll(&p, 1, 0));
	EXPECT_EQ(p.revents, POLLOUT);
	if (variant->arg == SESSION_OUTSIDE) {
		SYS(ioctl(fd, TIOCGSID, &sid));
		EXPECT_NE(sid, getsid(0));
		EXPECT_EQ(kill(sid, 0), 0);
	}
}

ZDTM_TEST = {
	.doc = "a pty whose other half is held outside the tree is refused",
	.object = "tty",
	.demand = MUST_REFUSE,
	.variants =
		VARIANTS({ "master_outside", MASTER_OUTSIDE }, { "slave_outside", SLAVE_OUTSIDE },
			 { "session_outside", SESSION_OUTSIDE }),
	.setup = setup,
	.check = check,
};
