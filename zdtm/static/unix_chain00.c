// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagram sockets that are connected in a chain: each to one that is connected elsewhere, which nobody
 * else may send to any more; one end of a pair that has left the other; one whose peer was replaced by
 * another of the same name; one that was connected and is not.
 *
 * criu 4.2 refuses sockets whose peer was replaced.
 */
#include "socket.h"

static int first, second, third, left, leaver, old_client, new_client, old, new, nobody;

static void setup(void)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	int pair[2];

	third = t_unix(SOCK_DGRAM, "third");
	second = t_unix(SOCK_DGRAM, "second");
	first = t_unix_to(SOCK_DGRAM, "second");
	t_send(first, "while it could");
	t_unix_connect(second, "third");

	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	left = pair[0];
	leaver = pair[1];
	t_unix_connect(leaver, "third");

	old = t_unix(SOCK_DGRAM, "server");
	old_client = t_unix_to(SOCK_DGRAM, "server");
	SYS(unlink("server"));
	new = t_unix(SOCK_DGRAM, "server");
	new_client = t_unix_to(SOCK_DGRAM, "server");

	nobody = t_unix_to(SOCK_DGRAM, "server");
	SYS(connect(nobody, &none, sizeof(none)));
}

static void check(void)
{
	struct t_un un = t_un("second");
	int stranger = t_unix(SOCK_DGRAM, NULL);

	EXPECT_RECV(second, "while it could");
	EXPECT_EMPTY(second);
	/* Who is connected hears nobody but his peer. */
	EXPECT_ERRNO(send(first, "x", 1, 0), EPERM);
	t_send(second, "to the third");
	EXPECT_RECV(third, "to the third");
	EXPECT_ERRNO(sendto(stranger, "x", 1, 0, (struct sockaddr *)&un.addr, un.len), EPERM);
	EXPECT_PEER(first, "second");
	EXPECT_PEER(second, "third");

	t_send(leaver, "from the one that left");
	EXPECT_RECV(third, "from the one that left");
	EXPECT_ERRNO(send(left, "x", 1, 0), EPERM);
	EXPECT_PEER(left, "");

	t_send(old_client, "to the old one");
	t_send(new_client, "to the new one");
	EXPECT_RECV(old, "to the old one");
	EXPECT_RECV(new, "to the new one");
	EXPECT_EMPTY(old);
	EXPECT_EMPTY(new);
	EXPECT_ERRNO(send(nobody, "x", 1, 0), ENOTCONN);
}

ZDTM_TEST = {
	.doc = "who may send to whom among datagram sockets that are connected one way",
	.object = "unix",
	.setup = setup,
	.check = check,
};
