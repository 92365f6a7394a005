// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection that nobody has accepted yet, on which data was sent by a client that is closed. What waits there can only be
 * seen by accepting it, and that cannot be undone.
 */
#include "socket.h"

static int listener;

static void setup(void)
{
	int client;

	listener = t_unix_listener(SOCK_STREAM, "listener", 3);
	client = t_unix_to(SOCK_STREAM, "listener");
	t_send(client, "hello");
	SYS(close(client));
}

static void check(void)
{
	int server = SYS(accept(listener, NULL, NULL));

	EXPECT_RECV(server, "hello");
	EXPECT_EOF(server);
}

ZDTM_TEST = {
	.doc = "data on a closed connection that was not accepted: refused, and still there",
	.object = "unix",
	.demand = MUST_REFUSE,
	.setup = setup,
	.check = check,
};
