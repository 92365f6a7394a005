// SPDX-License-Identifier: GPL-2.0-only
/* A datagram server with an abstract name and two clients, one of which has sent something. */
#include "socket.h"

static int server, client[2];

static void setup(void)
{
	server = t_unix(SOCK_DGRAM, "@dgram_data");
	for (int i = 0; i < 2; i++)
		client[i] = t_unix_to(SOCK_DGRAM, "@dgram_data");
	t_send(client[0], "only this");
}

static void check(void)
{
	EXPECT_RECV(server, "only this");
	EXPECT_EMPTY(server);
	for (int i = 0; i < 2; i++) {
		EXPECT_PEER(client[i], "@dgram_data");
		t_send(client[i], i ? "second" : "first");
	}
	EXPECT_RECV(server, "first");
	EXPECT_RECV(server, "second");
}

ZDTM_TEST = {
	.doc = "one message of several clients arrives once",
	.object = "unix",
	.setup = setup,
	.check = check,
};
