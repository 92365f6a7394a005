// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a lease was that is being broken: of one for reading only writers wait for the end, of one
 * for writing readers do, too, even if its file is open for reading only.
 *
 * Nothing in /proc tells, and criu 4.2 takes all of them for leases for writing.
 */
#include "zdtm.h"

static int fd;

static void setup(void)
{
	signal(SIGIO, SIG_IGN);
	SYS(close(SYS(open("file", O_RDWR | O_CREAT, 0600))));
	fd = SYS(open("file", O_RDONLY));
	SYS(fcntl(fd, F_SETLEASE, variant->arg));
	EXPECT_ERRNO(open("file", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
}

static void check(void)
{
	EXPECT_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	if (variant->arg == F_WRLCK)
		EXPECT_ERRNO(open("file", O_RDONLY | O_NONBLOCK), EWOULDBLOCK);
	else
		SYS(close(SYS(open("file", O_RDONLY | O_NONBLOCK))));
	SYS(fcntl(fd, F_SETLEASE, F_UNLCK));
	SYS(open("file", O_WRONLY | O_NONBLOCK));
}

ZDTM_TEST = {
	.doc = "a lease that is being broken still excludes whom it excluded",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.variants = VARIANTS({ "read", F_RDLCK }, { "write", F_WRLCK }),
	.setup = setup,
	.check = check,
};
