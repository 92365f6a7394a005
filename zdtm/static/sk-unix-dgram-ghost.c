// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram server whose path is gone, and ten clients connected to it, each in a process of its own:
 * they can only get there again by the socket itself. The server is the last of all descriptors.
 */
#include "socket.h"

#define CLIENTS 10
#define LAST    200

static pid_t clients[CLIENTS];

static void client(long nr)
{
	char text[16];
	int sk = t_unix_to(SOCK_DGRAM, "server");

	t_wake(CLIENTS);
	t_wait(nr);
	snprintf(text, sizeof(text), "client %ld", nr);
	t_send(sk, text);
}

static void setup(void)
{
	int sk = t_unix(SOCK_DGRAM, "server");

	SYS(dup2(sk, LAST));
	SYS(close(sk));
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = t_fork(client, i);
		t_wait(CLIENTS);
	}
	SYS(unlink("server"));
}

static void check(void)
{
	char text[16];

	EXPECT_NAME(LAST, "server");
	EXPECT_ERRNO(access("server", F_OK), ENOENT);
	for (int i = 0; i < CLIENTS; i++) {
		t_wake(i);
		snprintf(text, sizeof(text), "client %d", i);
		EXPECT_RECV(LAST, text);
		t_join(clients[i]);
	}
}

ZDTM_TEST = {
	.doc = "clients of other processes reach a datagram server that has no path any more",
	.object = "unix",
	.setup = setup,
	.check = check,
};
