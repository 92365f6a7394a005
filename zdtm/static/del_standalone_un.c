// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two listeners were bound to one path, one after the other: the file of the first was moved away
 * meanwhile, and then back over that of the second. The path leads to the first, the second has no
 * file any more; both go on listening.
 */
#include "socket.h"

#define BACKLOG 3

static int first, second;

static void setup(void)
{
	first = t_unix_listener(variant->arg, "listener", BACKLOG);
	SYS(rename("listener", "elsewhere"));
	second = t_unix_listener(variant->arg, "listener", BACKLOG);
	SYS(rename("elsewhere", "listener"));
}

/* How many fit. */
static int connections(void)
{
	struct t_un un = t_un("listener");
	int n = 0;

	while (n < 100 && connect(t_unix((int)variant->arg | SOCK_NONBLOCK, NULL),
				  (struct sockaddr *)&un.addr, un.len) == 0)
		n++;
	return n;
}

static void check(void)
{
	int client, server;

	EXPECT_NAME(first, "listener");
	EXPECT_NAME(second, "listener");
	EXPECT_ERRNO(access("elsewhere", F_OK), ENOENT);
	client = t_unix_to(variant->arg, "listener");
	SYS(fcntl(second, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(accept(second, NULL, NULL), EAGAIN);
	server = SYS(accept(first, NULL, NULL));
	t_send(client, "to the first");
	EXPECT_RECV(server, "to the first");
	EXPECT_EQ(t_sockopt(second, SO_ACCEPTCONN), 1);
	/* It takes as many more as it did: one more than its backlog. */
	EXPECT_EQ(connections(), BACKLOG + 1);
}

ZDTM_TEST = {
	.doc = "a listener whose file was overwritten by another's still listens, and so does that",
	.object = "unix",
	.variants = VARIANTS(
		{ "stream", SOCK_STREAM },
		{ "seqpacket", SOCK_SEQPACKET, .known_as = "static/del_standalone_un_seqpacket" }),
	.setup = setup,
	.check = check,
};
