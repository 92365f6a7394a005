// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that was shut down for receiving before it connected: its end knows, the other one has not
 * been told.
 *
 * criu 4.2 removes the file of the listener, which is closed.
 */
#include "socket.h"

static int client, server;

static void setup(void)
{
	int listener = t_unix_listener(variant->arg, "listener", 1);

	client = t_unix(variant->arg, NULL);
	SYS(shutdown(client, SHUT_RD));
	t_unix_connect(client, "listener");
	server = SYS(accept(listener, NULL, NULL));
	SYS(close(listener));
}

static void check(void)
{
	t_send(client, "that way");
	EXPECT_RECV(server, "that way");
	EXPECT_EOF(client);
	/* It has no leave to send, but does not know: a write is an error of the other end's. */
	EXPECT_ERRNO(send(server, "x", 1, MSG_NOSIGNAL), EPIPE);
	/* Were it told, this would do nothing. */
	SYS(shutdown(client, SHUT_WR));
	EXPECT_EOF(server);
}

ZDTM_TEST = {
	.doc = "the two ends of a connection that have not shut down the same",
	.object = "unix",
	.variants =
		VARIANTS({ "stream", SOCK_STREAM },
			 { "seqpacket", SOCK_SEQPACKET, .known_as = "static/sockets03-seqpacket" }),
	.setup = setup,
	.check = check,
};
