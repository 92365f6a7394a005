// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that nobody has accepted, to a listener without a path any more and to one with an
 * abstract name; the clients have names, are shut down for sending, do not block.
 *
 * criu 4.2 removes the file of a client with a name.
 */
#include "socket.h"

static int gone, abstract, client[4];

static void setup(void)
{
	gone = t_unix_listener(SOCK_STREAM, "gone", 4);
	abstract = t_unix_listener(SOCK_SEQPACKET, "@pending", 4);
	client[0] = t_unix(SOCK_STREAM, "client");
	t_unix_connect(client[0], "gone");
	client[1] = t_unix_to(SOCK_STREAM, "gone");
	SYS(shutdown(client[1], SHUT_WR));
	SYS(unlink("gone"));
	client[2] = t_unix(SOCK_SEQPACKET | SOCK_NONBLOCK, NULL);
	t_unix_connect(client[2], "@pending");
	client[3] = t_unix_to(SOCK_SEQPACKET, "@pending");
	t_set_sockopt(client[3], SO_PASSCRED, 1);
}

static void check(void)
{
	int sk;

	EXPECT_ERRNO(access("gone", F_OK), ENOENT);
	sk = SYS(accept(gone, NULL, NULL));
	EXPECT_PEER(sk, "client");
	EXPECT_NAME(sk, "gone");
	t_send(client[0], "first");
	EXPECT_RECV(sk, "first");
	sk = SYS(accept(gone, NULL, NULL));
	EXPECT_PEER(sk, "");
	EXPECT_EOF(sk);
	t_send(sk, "back");
	EXPECT_RECV(client[1], "back");

	EXPECT_EQ(fcntl(client[2], F_GETFL), O_RDWR | O_NONBLOCK);
	sk = SYS(accept(abstract, NULL, NULL));
	t_send(client[2], "third");
	EXPECT_RECV(sk, "third");
	/* It wants credentials, but only gets a name for it when it sends or connects. */
	EXPECT_EQ(t_sockopt(client[3], SO_PASSCRED), 1);
	EXPECT_NAME(client[3], "");
	sk = SYS(accept(abstract, NULL, NULL));
	EXPECT_PEER(sk, "");
	t_send(client[3], "fourth");
	EXPECT_RECV(sk, "fourth");
}

ZDTM_TEST = {
	.doc = "connections that wait to be accepted, of clients of all kinds",
	.object = "unix",
	.setup = setup,
	.check = check,
};
