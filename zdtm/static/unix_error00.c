// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram socket whose peer has left it for nobody, and did not read what it had sent: it is told so
 * (ECONNRESET) by the next call, once. Its peer is there still, closed since, or has come back; or it
 * was found by its name, and not of a pair.
 *
 * criu 4.2 loses it, if it does not refuse the pair or take it at the dump.
 */
#include <poll.h>

#include "socket.h"

enum { PAIR, CLOSED, BACK, NAMED, WAITS };

static int told, left;

static void leave(int sk)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	SYS(connect(sk, &nobody, sizeof(nobody)));
}

static void setup(void)
{
	int pair[2], sent;

	if (variant->arg == NAMED) {
		told = t_unix(SOCK_DGRAM, "told");
		left = t_unix(SOCK_DGRAM, "@left");
		t_unix_connect(told, "@left");
		t_unix_connect(left, "told");
	} else {
		SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
		told = pair[0];
		left = pair[1];
	}
	if (variant->arg == BACK || variant->arg == WAITS) {
		struct t_un name = t_un("@told");

		SYS(bind(told, (struct sockaddr *)&name.addr, name.len));
	}
	t_send(told, "lost");
	leave(left);
	if (variant->arg == CLOSED)
		SYS(close(left));
	if (variant->arg == BACK || variant->arg == WAITS)
		t_unix_connect(left, "@told");
	if (variant->arg == WAITS) {
		t_send(left, "waits");
		EXPECT(t_ready(told, POLLIN) & POLLIN);
	}
	SYS(ioctl(told, SIOCOUTQ, &sent));
	EXPECT_EQ(sent, 0);
}

static void check(void)
{
	char byte;

	EXPECT(t_ready(told, POLLIN) & POLLERR);
	EXPECT_ERRNO(recv(told, &byte, 1, MSG_DONTWAIT), ECONNRESET);
	EXPECT(!(t_ready(told, POLLIN) & POLLERR));
	EXPECT_EQ(t_sockopt(told, SO_ERROR), 0);
	if (variant->arg == WAITS)
		EXPECT_RECV(told, "waits");
	EXPECT_EMPTY(told);
	if (variant->arg == CLOSED) {
		EXPECT_ERRNO(send(told, "x", 1, 0), ECONNREFUSED);
		return;
	}
	t_send(told, "from told");
	EXPECT_RECV(left, "from told");
	if (variant->arg == BACK || variant->arg == WAITS) {
		t_send(left, "from left");
		EXPECT_RECV(told, "from left");
	} else {
		EXPECT_ERRNO(send(left, "x", 1, 0), ENOTCONN);
	}
}

ZDTM_TEST = {
	.doc = "an error that a datagram socket has not been told of yet",
	.object = "unix",
	.variants = VARIANTS({ "pair", PAIR }, { "closed", CLOSED }, { "back", BACK },
			     { "named", NAMED }, { "waits", WAITS, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
