// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends send a signal of our choice when something can be read, and something can. Neither the
 * dump, which has to read and to write it, nor the restore may set them off; the next byte does.
 * With criu 4.2 nothing does any more.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

static struct {
	int master, slave;
	sigset_t signals;
} was;

static void tell(int fd, int sig)
{
	SYS(fcntl(fd, F_SETOWN, getpid()));
	SYS(fcntl(fd, F_SETSIG, sig));
	SYS(fcntl(fd, F_SETFL, O_RDWR | O_ASYNC));
}

static void setup(void)
{
	was.master = t_ptmx(O_RDWR);
	was.slave = t_pts(was.master, O_RDWR | O_NOCTTY);
	t_raw(was.slave);
	t_write(was.master, "in", 2);
	t_write(was.slave, "out", 3);
	/* They have arrived. */
	for (int n = 0, m = 0; n < 2 || m < 3;) {
		SYS(ioctl(was.slave, FIONREAD, &n));
		SYS(ioctl(was.master, FIONREAD, &m));
	}
	sigemptyset(&was.signals);
	sigaddset(&was.signals, SIGRTMIN);
	sigaddset(&was.signals, SIGRTMIN + 1);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &was.signals, NULL));
	tell(was.slave, SIGRTMIN);
	tell(was.master, SIGRTMIN + 1);
}

static void check(void)
{
	const struct timespec now = {}, soon = { .tv_sec = 5 };
	siginfo_t info = {};

	EXPECT_ERRNO(sigtimedwait(&was.signals, NULL, &now), EAGAIN);
	EXPECT_READS(was.slave, "in");
	EXPECT_READS(was.master, "out");
	EXPECT_ERRNO(sigtimedwait(&was.signals, NULL, &now), EAGAIN);
	t_write(was.master, "more", 4);
	EXPECT_EQ(SYS(sigtimedwait(&was.signals, &info, &soon)), SIGRTMIN);
	EXPECT_EQ(info.si_fd, was.slave);
	t_write(was.slave, "more", 4);
	EXPECT_EQ(SYS(sigtimedwait(&was.signals, &info, &soon)), SIGRTMIN + 1);
	EXPECT_EQ(info.si_fd, was.master);
	EXPECT_READS(was.slave, "more");
	EXPECT_READS(was.master, "more");
}

ZDTM_TEST = {
	.doc = "a terminal that signals new data does so for new data only",
	.object = "tty",
	.setup = setup,
	.check = check,
};
