// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection that nobody has accepted yet, on which data was sent. What waits there can only be
 * seen by accepting it, and that cannot be undone.
 */
#include "socket.h"

static int listener, client;

static void setup(void)
{
	listener = t_unix_listener(SOCK_STREAM, "listener", 3);
	client = t_unix_to(SOCK_STREAM, "listener");
	t_send(client, "hello");
}

static void check(void)
{
	int server = SYS(accept(listener, NULL, NULL));

	EXPECT_RECV(server, "hello");
	t_send(server, "and back");
	EXPECT_RECV(client, "and back");
}

ZDTM_TEST = {
	.doc = "data on a connection that was not accepted: refused, and still there",
	.object = "unix",
	.demand = MUST_REFUSE,
	.setup = setup,
	.check = check,
};
