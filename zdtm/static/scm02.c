// SPDX-License-Identifier: GPL-2.0-only
/* Both ends of a pipe are in flight, each in a message of its own; nobody has either open. */
#include "socket.h"

static int sk[2];

static void setup(void)
{
	int ends[2];

	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	SYS(pipe(ends));
	t_write(ends[1], "inside", 6);
	t_send_fds(sk[0], "reader", &ends[0], 1);
	t_send_fds(sk[0], "writer", &ends[1], 1);
	SYS(close(ends[0]));
	SYS(close(ends[1]));
}

static void check(void)
{
	int reader = -1, writer = -1;
	char got[16] = "";

	EXPECT_RECV_FDS(sk[1], "reader", &reader, 1);
	EXPECT_RECV_FDS(sk[1], "writer", &writer, 1);
	EXPECT_EMPTY(sk[1]);
	t_write(writer, "+more", 5);
	t_read(reader, got, 11);
	EXPECT_STR(got, "inside+more");
	SYS(close(writer));
	EXPECT_EQ(read(reader, got, 1), 0);
}

ZDTM_TEST = {
	.doc = "a pipe both ends of which are in flight",
	.object = "unix",
	.setup = setup,
	.check = check,
};
