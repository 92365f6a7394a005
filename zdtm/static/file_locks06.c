// SPDX-License-Identifier: GPL-2.0-only
/* A write lock of an open file (F_OFD_SETLK) on all there is and will be. */
#include "zdtm.h"

static struct {
	int fd;
	char *locks;
} was;

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	EXPECT(t_lock(was.fd, F_OFD_SETLK, F_WRLCK, 0, 0));
	was.locks = t_locks(0, was.fd);
}

static void check(void)
{
	int other = t_reopen(was.fd, O_RDWR);

	EXPECT_STR(t_locks(0, was.fd), was.locks);
	EXPECT_STR(was.locks, "OFDLCK ADVISORY WRITE -1 0-EOF\n");
	EXPECT_EQ(t_who_locks(other, F_OFD_GETLK, F_RDLCK, 0, 0), -1);
	EXPECT(!t_lock(other, F_OFD_SETLK, F_RDLCK, 1 << 20, 1));
	/* It is not the process's: that would not give it up with another descriptor. */
	EXPECT(!t_lock(other, F_SETLK, F_RDLCK, 0, 0));
	SYS(close(t_reopen(was.fd, O_RDWR)));
	EXPECT_STR(t_locks(0, was.fd), was.locks);
}

ZDTM_TEST = {
	.doc = "a write lock of an open file",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
