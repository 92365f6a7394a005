// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child leads a session with a slave for its controlling terminal, and holds no descriptor of it.
 * The parent has the master: when it goes the child is told.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

enum { READY, ASKED, GO };

static struct {
	int master;
	pid_t child;
} was;

static void leader(long master)
{
	sigset_t set;
	int sig = 0, slave;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(setsid());
	slave = t_pts(master, O_RDWR);
	SYS(close(slave));
	SYS(close(master));
	t_wake(READY);
	t_wait(ASKED);
	/* By name it is there. */
	SYS(close(SYS(open("/dev/tty", O_RDWR))));
	t_wake(GO);
	SYS_RC(sigwait(&set, &sig));
	EXPECT_EQ(sig, SIGHUP);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
}

static void setup(void)
{
	was.master = t_ptmx(O_RDWR);
	was.child = t_fork(leader, was.master);
	t_wait(READY);
}

static void check(void)
{
	pid_t sid = 0;

	SYS(ioctl(was.master, TIOCGSID, &sid));
	EXPECT_EQ(sid, was.child);
	t_wake(ASKED);
	t_wait(GO);
	SYS(close(was.master));
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "the leader of a session hears when the master of its controlling terminal closes",
	.object = "tty",
	.setup = setup,
	.check = check,
};
