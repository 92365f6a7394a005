// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages wait in both directions of a pair: in their order, and packets one by one.
 *
 * criu 4.2 loses what waits behind an empty packet.
 */
#include "socket.h"

static int sk[2];

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	t_send(sk[0], "there, first");
	t_send(sk[1], "and back");
	t_send(sk[0], "there");
	if (variant->arg != SOCK_STREAM)
		SYS(send(sk[1], "", 0, 0));
	t_send(sk[1], "back again");
}

static void check(void)
{
	EXPECT_RECV(sk[1], "there, first");
	EXPECT_RECV(sk[1], "there");
	EXPECT_EMPTY(sk[1]);
	EXPECT_RECV(sk[0], "and back");
	if (variant->arg != SOCK_STREAM)
		EXPECT_RECV(sk[0], "");
	EXPECT_RECV(sk[0], "back again");
	EXPECT_EMPTY(sk[0]);
}

ZDTM_TEST = {
	.doc = "what waits at both ends of a pair, empty packets among it",
	.object = "unix",
	.variants = VARIANTS(
		{ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
		{ "seqpacket", SOCK_SEQPACKET, .known_as = "static/socket_queues_seqpacket" }),
	.setup = setup,
	.check = check,
};
