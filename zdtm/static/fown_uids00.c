// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who made a task the owner of a descriptor: that user's right to send signals is what counts whenever
 * one is sent. Somebody else's task gets none.
 */
#include "zdtm.h"

#define GETOWNER_UIDS 17
#define SOMEBODY      1001

static int fd[2];

static bool told(void)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	return sigtimedwait(&set, NULL, &now) == SIGIO;
}

static void setup(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(pipe(fd));
	SYS(setresuid(SOMEBODY, SOMEBODY + 1, 0));
	SYS(fcntl(fd[0], F_SETOWN, getpid()));
	SYS(fcntl(fd[0], F_SETFL, O_ASYNC));
	SYS(setresuid(0, 0, 0));
}

static void check(void)
{
	uid_t uids[2];

	SYS(fcntl(fd[0], GETOWNER_UIDS, uids));
	EXPECT_EQ(uids[0], SOMEBODY);
	EXPECT_EQ(uids[1], SOMEBODY + 1);
	EXPECT_EQ(fcntl(fd[0], F_GETOWN), getpid());
	SYS(write(fd[1], "", 1));
	EXPECT(!told());
	SYS(fcntl(fd[0], F_SETOWN, getpid()));
	SYS(write(fd[1], "", 1));
	EXPECT(told());
}

ZDTM_TEST = {
	.doc = "the user who made a task the owner of a descriptor is remembered",
	.object = "pipe",
	.caps = CAP_BIT(CAP_SETUID), /* setresuid() */
	.setup = setup,
	.check = check,
};
