// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message with a descriptor waits at one end of a pair; the end that sent it is closed.
 *
 * criu 4.2 forgets that datagrams had a receiver: ENOTCONN.
 */
#include "socket.h"

static int receiver, writer;

static void setup(void)
{
	int sk[2], ends[2];

	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	SYS(pipe(ends));
	t_send_fds(sk[0], "take", &ends[0], 1);
	SYS(close(ends[0]));
	SYS(close(sk[0]));
	receiver = sk[1];
	writer = ends[1];
}

static void check(void)
{
	int reader = -1;
	char byte = 0;

	EXPECT_RECV_FDS(receiver, "take", &reader, 1);
	t_write(writer, "x", 1);
	t_read(reader, &byte, 1);
	EXPECT_EQ(byte, 'x');
	if (variant->arg == SOCK_DGRAM)
		EXPECT_EMPTY(receiver);
	else
		EXPECT_EOF(receiver);
	EXPECT_ERRNO(send(receiver, "x", 1, MSG_NOSIGNAL),
		     variant->arg == SOCK_DGRAM ? ECONNREFUSED : EPIPE);
}

ZDTM_TEST = {
	.doc = "a descriptor in flight whose sender has closed its end",
	.object = "unix",
	.variants = VARIANTS({ "dgram", SOCK_DGRAM }, { "stream", SOCK_STREAM },
			     { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
