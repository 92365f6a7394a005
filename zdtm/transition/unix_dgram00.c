// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three clients send numbered datagrams to one server as fast as its queue takes them: full and empty
 * in turns, with senders asleep. None is lost or doubled, and each tells its sender.
 *
 * criu 4.2 loses the names of the senders.
 */
#include "socket.h"

#define CLIENTS 3

enum { FLOWING };

static pid_t clients[CLIENTS], server;

static const char *name_of(int i)
{
	static const char *const names[] = { "client0", "@client1", "client2" };

	return names[i];
}

static void client(long i)
{
	int sk = t_unix(SOCK_DGRAM, name_of(i));
	uint32_t nr = 0;

	t_unix_connect(sk, "server");
	while (!t_over() || nr < 50) {
		nr++;
		SYS(send(sk, &nr, sizeof(nr), 0));
	}
	SYS(send(sk, "", 0, 0));
}

static int who(const struct t_un *from)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct t_un un = t_un(name_of(i));

		if (un.len == from->len &&
		    memcmp(un.addr.sun_path, from->addr.sun_path, un.len - 2) == 0)
			return i;
	}
	t_die("a datagram of nobody's");
}

static void serve(long sk)
{
	uint32_t last[CLIENTS] = {};

	for (int left = CLIENTS; left;) {
		struct t_un from = { .len = sizeof(from.addr) };
		uint32_t nr = 0;
		ssize_t n = SYS(
			recvfrom(sk, &nr, sizeof(nr), 0, (struct sockaddr *)&from.addr, &from.len));
		int i = who(&from);

		if (n == 0) {
			left--;
			continue;
		}
		EXPECT_EQ(n, sizeof(nr));
		EXPECT_EQ(nr, last[i] + 1);
		last[i] = nr;
		if (nr == 20)
			t_wake(FLOWING);
	}
}

static void setup(void)
{
	int sk = t_unix(SOCK_DGRAM, "server");

	server = t_fork(serve, sk);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = t_fork(client, i);
	for (int i = 0; i < CLIENTS; i++)
		t_wait(FLOWING);
}

static void check(void)
{
	for (int i = 0; i < CLIENTS; i++)
		t_join(clients[i]);
	t_join(server);
}

ZDTM_TEST = {
	.doc = "datagrams of several senders to one server: none is lost, none comes twice",
	.object = "unix",
	.setup = setup,
	.check = check,
};
