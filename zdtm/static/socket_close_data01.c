// SPDX-License-Identifier: GPL-2.0-only
/* A message waits at a datagram server; the process that sent it is gone. */
#include "socket.h"

static int server;

static void client(long unused)
{
	t_send(t_unix_to(SOCK_DGRAM, "server"), "the last");
}

static void setup(void)
{
	server = t_unix(SOCK_DGRAM, "server");
	t_join(t_fork(client, 0));
}

static void check(void)
{
	EXPECT_RECV(server, "the last");
	EXPECT_EMPTY(server);
	t_send(t_unix_to(SOCK_DGRAM, "server"), "another");
	EXPECT_RECV(server, "another");
}

ZDTM_TEST = {
	.doc = "a message of a process that is gone, at a server that others can still reach",
	.object = "unix",
	.setup = setup,
	.check = check,
};
