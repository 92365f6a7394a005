// SPDX-License-Identifier: GPL-2.0-only
/* Of three open files of one file, two are leased for reading, each for itself. */
#include "zdtm.h"

enum { LEASED, LEASED_TOO, FREE, FILES };

static int fd[FILES];

static void setup(void)
{
	signal(SIGIO, SIG_IGN);
	SYS(close(SYS(open("file", O_RDWR | O_CREAT, 0600))));
	for (int i = 0; i < FILES; i++)
		fd[i] = SYS(open("file", O_RDONLY));
	SYS(fcntl(fd[LEASED], F_SETLEASE, F_RDLCK));
	SYS(fcntl(fd[LEASED_TOO], F_SETLEASE, F_RDLCK));
}

static void check(void)
{
	EXPECT_EQ(fcntl(fd[LEASED], F_GETLEASE), F_RDLCK);
	EXPECT_EQ(fcntl(fd[LEASED_TOO], F_GETLEASE), F_RDLCK);
	EXPECT_EQ(fcntl(fd[FREE], F_GETLEASE), F_UNLCK);
	/* A writer waits for both. */
	EXPECT_ERRNO(open("file", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	SYS(fcntl(fd[LEASED], F_SETLEASE, F_UNLCK));
	EXPECT_ERRNO(open("file", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	SYS(close(fd[LEASED_TOO]));
	SYS(open("file", O_WRONLY | O_NONBLOCK));
}

ZDTM_TEST = {
	.doc = "leases of some of the open files of a file",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
