// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections one end of which is closed: the client's, the accepted one, an end of a pair. What was
 * sent before waits; the one that is left still tells the name of the other.
 *
 * criu 4.2 loses the names.
 */
#include "socket.h"

enum { CLIENT, ACCEPTED, ACCEPTED_ABSTRACT, GONE };

static int sk, listener = -1;
static const char *name;

static void setup(void)
{
	int client, server;

	name = variant->arg == ACCEPTED_ABSTRACT ? "@half_closed" : "listener";
	listener = t_unix_listener(SOCK_STREAM, name, 3);
	client = t_unix(SOCK_STREAM, variant->arg == CLIENT ? "client" : NULL);
	t_unix_connect(client, name);
	server = SYS(accept(listener, NULL, NULL));
	t_send(variant->arg == CLIENT ? client : server, "the last");
	SYS(close(variant->arg == CLIENT ? client : server));
	sk = variant->arg == CLIENT ? server : client;
	if (variant->arg == GONE) {
		SYS(close(listener));
		SYS(unlink("listener"));
	}
}

static void check(void)
{
	EXPECT_NAME(sk, variant->arg == CLIENT ? "listener" : "");
	EXPECT_PEER(sk, variant->arg == CLIENT ? "client" : name);
	EXPECT_RECV(sk, "the last");
	EXPECT_EOF(sk);
	EXPECT_ERRNO(send(sk, "x", 1, MSG_NOSIGNAL), EPIPE);
	if (variant->arg == GONE) {
		EXPECT_ERRNO(access("listener", F_OK), ENOENT);
		return;
	}
	t_send(t_unix_to(SOCK_STREAM, name), "next");
	EXPECT_RECV(SYS(accept(listener, NULL, NULL)), "next");
}

ZDTM_TEST = {
	.doc = "a connection whose other end is closed, and the name that had",
	.object = "unix",
	.variants = VARIANTS({ "client", CLIENT }, { "accepted", ACCEPTED },
			     { "accepted_abstract", ACCEPTED_ABSTRACT }, { "listener_gone", GONE }),
	.setup = setup,
	.check = check,
};
