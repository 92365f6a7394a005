// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets whose names were used again and again, in directories that are gone by now: datagram sockets
 * that were bound to one name one after the other, each with a client of its own; a pair both ends of
 * which have that name; a listener with two connections; at numbers that went round.
 *
 * criu 4.2 leaves the directory behind that it makes for them.
 */
#include "socket.h"

#define SERVERS 4

static int server[SERVERS], client[SERVERS], pair[2], listener, accepted[2], connected[2];

/* Unlinked at once, so that the next one finds the name free. */
static int bind_gone(int sk, const char *name)
{
	struct t_un un = t_un(name);

	SYS(bind(sk, (struct sockaddr *)&un.addr, un.len));
	return sk;
}

static void datagrams(void)
{
	for (int i = 0; i < SERVERS; i++) {
		server[i] = t_unix(SOCK_DGRAM, "dir/name");
		client[i] = t_unix_to(SOCK_DGRAM, "dir/name");
		SYS(unlink("dir/name"));
	}
	/* The second server's number is the fourth's, and so on round. */
	SYS(dup2(server[3], 50));
	for (int i = 3; i > 0; i--)
		SYS(dup2(server[i - 1], server[i]));
	SYS(dup2(50, server[0]));
	SYS(close(50));
}

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	datagrams();
	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	for (int i = 0; i < 2; i++) {
		bind_gone(pair[i], "dir/name");
		SYS(unlink("dir/name"));
	}
	listener = t_unix_listener(variant->arg, "dir/name", 4);
	for (int i = 0; i < 2; i++) {
		connected[i] = t_unix_to(variant->arg, "dir/name");
		accepted[i] = SYS(accept(listener, NULL, NULL));
	}
	SYS(unlink("dir/name"));
	SYS(rmdir("dir"));
}

static void check(void)
{
	char text[16];

	EXPECT_ERRNO(access("dir", F_OK), ENOENT);
	for (int i = 0; i < SERVERS; i++) {
		snprintf(text, sizeof(text), "to %d", i);
		t_send(client[i], text);
		EXPECT_NAME(server[i], "dir/name");
		EXPECT_PEER(client[i], "dir/name");
	}
	for (int i = 0; i < SERVERS; i++) {
		snprintf(text, sizeof(text), "to %d", (i + 3) % SERVERS);
		EXPECT_RECV(server[i], text);
		EXPECT_EMPTY(server[i]);
	}
	for (int i = 0; i < 2; i++) {
		t_send(pair[i], "across");
		EXPECT_RECV(pair[1 - i], "across");
		EXPECT_NAME(pair[i], "dir/name");
		snprintf(text, sizeof(text), "connection %d", i);
		t_send(connected[i], text);
		EXPECT_RECV(accepted[i], text);
		EXPECT_NAME(accepted[i], "dir/name");
	}
	EXPECT_EQ(t_sockopt(listener, SO_ACCEPTCONN), 1);
}

ZDTM_TEST = {
	.doc = "sockets of one name that is gone, with its directory, are told apart",
	.object = "unix",
	.variants =
		VARIANTS({ "stream", SOCK_STREAM },
			 { "seqpacket", SOCK_SEQPACKET, .known_as = "static/sk-unix01-seqpacket" }),
	.setup = setup,
	.check = check,
};
