// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagram sockets: a server with a client that is not connected, one with two that are, and one that
 * is bound and connected to itself.
 */
#include "socket.h"

static int plain, stranger, server, client[2], self;

static void send_to(int sk, const char *name, const char *text)
{
	struct t_un un = t_un(name);

	SYS(sendto(sk, text, strlen(text), MSG_DONTWAIT, (struct sockaddr *)&un.addr, un.len));
}

static void talk(void)
{
	send_to(stranger, "plain", "stranger");
	EXPECT_RECV(plain, "stranger");
	EXPECT_ERRNO(send(stranger, "x", 1, 0), ENOTCONN);
	for (int i = 0; i < 2; i++)
		t_send(client[i], i ? "second" : "first");
	EXPECT_RECV(server, "first");
	EXPECT_RECV(server, "second");
	EXPECT_EMPTY(server);
	t_send(self, "myself");
	EXPECT_RECV(self, "myself");
}

static void setup(void)
{
	plain = t_unix(SOCK_DGRAM, "plain");
	stranger = t_unix(SOCK_DGRAM, NULL);
	server = t_unix(SOCK_DGRAM, "@sockets_dgram");
	client[0] = t_unix_to(SOCK_DGRAM, "@sockets_dgram");
	client[1] = t_unix_to(SOCK_DGRAM, "@sockets_dgram");
	self = t_unix(SOCK_DGRAM, "self");
	t_unix_connect(self, "self");
	talk();
}

static void check(void)
{
	struct t_un un = t_un("self");

	talk();
	EXPECT_PEER(self, "self");
	/* Who is connected to itself hears nobody else. */
	EXPECT_ERRNO(sendto(stranger, "x", 1, 0, (struct sockaddr *)&un.addr, un.len), EPERM);
}

ZDTM_TEST = {
	.doc = "datagram sockets: bound, connected, neither, and connected to themselves",
	.object = "unix",
	.setup = setup,
	.check = check,
};
