// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor in flight that its sender has kept: both are one open file, with one offset. */
#include "socket.h"

static int sk[2], kept;

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
	kept = SYS(open("file", O_RDWR | O_CREAT, 0600));
	t_write(kept, "0123456789", 10);
	SYS(lseek(kept, 3, SEEK_SET));
	t_send_fds(sk[0], "take", &kept, 1);
}

static void check(void)
{
	int come = -1;

	EXPECT_RECV_FDS(sk[1], "take", &come, 1);
	EXPECT_NE(come, kept);
	EXPECT_EQ(lseek(come, 0, SEEK_CUR), 3);
	SYS(lseek(kept, 7, SEEK_SET));
	EXPECT_EQ(lseek(come, 0, SEEK_CUR), 7);
}

ZDTM_TEST = {
	.doc = "a descriptor in flight and the one it was made of are one open file",
	.object = "unix",
	.setup = setup,
	.check = check,
};
