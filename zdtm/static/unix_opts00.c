// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options that sockets of all kinds have, each with another value than a new one has, on one end of a
 * pair; the other end has none of them.
 *
 * criu 4.2 loses most of these for unix sockets.
 */
#include "socket.h"

static const struct {
	int option, value;
} options[] = {
	{ SO_REUSEADDR, 1 }, { SO_BROADCAST, 1 },   { SO_KEEPALIVE, 1 }, { SO_OOBINLINE, 1 },
	{ SO_DONTROUTE, 1 }, { SO_NO_CHECK, 1 },    { SO_PRIORITY, 5 },  { SO_MARK, 0x12345678 },
	{ SO_RCVLOWAT, 12 }, { SO_TIMESTAMPNS, 1 },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static int sk[2], usual[OPTIONS];

static void setup(void)
{
	const struct linger linger = { 1, 7 };

	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	for (size_t i = 0; i < OPTIONS; i++) {
		usual[i] = t_sockopt(sk[0], options[i].option);
		EXPECT_NE(usual[i], options[i].value);
		t_set_sockopt(sk[0], options[i].option, options[i].value);
	}
	SYS(setsockopt(sk[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	/* Not where the time would be told that it came. */
	t_send(sk[0], "waits");
}

static void check(void)
{
	struct linger linger = {};
	socklen_t len = sizeof(linger);

	for (size_t i = 0; i < OPTIONS; i++) {
		int now = t_sockopt(sk[0], options[i].option);

		if (now != options[i].value)
			t_fail("option %d is %d, not %d", options[i].option, now, options[i].value);
		EXPECT_EQ(t_sockopt(sk[1], options[i].option), usual[i]);
	}
	SYS(getsockopt(sk[0], SOL_SOCKET, SO_LINGER, &linger, &len));
	EXPECT_EQ(linger.l_onoff, 1);
	EXPECT_EQ(linger.l_linger, 7);
	EXPECT_RECV(sk[1], "waits");
}

ZDTM_TEST = {
	.doc = "socket options keep their values",
	.object = "sockopt",
	/* SO_MARK */
	.caps = CAP_BIT(CAP_NET_ADMIN),
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
			     { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
