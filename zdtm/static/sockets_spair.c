// SPDX-License-Identifier: GPL-2.0-only
/* A pair of sockets of each type: what one end sends the other receives, before and after. */
#include "socket.h"

static int sk[2];

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	t_send(sk[0], "before");
	EXPECT_RECV(sk[1], "before");
}

static void check(void)
{
	EXPECT_EMPTY(sk[0]);
	EXPECT_EMPTY(sk[1]);
	t_send(sk[0], "there");
	t_send(sk[1], "and back");
	EXPECT_RECV(sk[1], "there");
	EXPECT_RECV(sk[0], "and back");
	EXPECT_NAME(sk[0], "");
	EXPECT_PEER(sk[0], "");
}

ZDTM_TEST = {
	.doc = "the two ends of a socketpair stay connected",
	.object = "unix",
	.variants = VARIANTS(
		{ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
		{ "seqpacket", SOCK_SEQPACKET, .known_as = "static/sockets_spair_seqpacket" }),
	.setup = setup,
	.check = check,
};
