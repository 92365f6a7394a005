// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reading end of a pipe is nowhere but in the queue of a socket. Between sending and dump the
 * numbers have gone round: what the socket is now the pipe was.
 */
#include "socket.h"

static int sk[2], writer;

static void setup(void)
{
	int ends[2];

	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	SYS(pipe(ends));
	t_send_fds(sk[0], "take", &ends[0], 1);
	SYS(close(ends[0]));
	/* The receiver gets the number of the pipe's reading end, the writing end that of the receiver. */
	SYS(dup2(sk[1], ends[0]));
	SYS(dup2(ends[1], sk[1]));
	SYS(close(ends[1]));
	writer = sk[1];
	sk[1] = ends[0];
	t_write(writer, "inside", 6);
}

static void check(void)
{
	char got[8] = "";
	int reader = -1;

	EXPECT_RECV_FDS(sk[1], "take", &reader, 1);
	t_read(reader, got, 6);
	EXPECT_STR(got, "inside");
	t_write(writer, "after", 5);
	memset(got, 0, sizeof(got));
	t_read(reader, got, 5);
	EXPECT_STR(got, "after");
	EXPECT_EQ(SYS(fcntl(reader, F_GETFL)) & O_ACCMODE, O_RDONLY);
	EXPECT_EMPTY(sk[1]);
}

ZDTM_TEST = {
	.doc = "an open file that is nowhere but in flight arrives",
	.object = "unix",
	.setup = setup,
	.check = check,
};
