// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages wait that came from sockets with names, paths and abstract ones, which are closed by now:
 * the names of the senders are all that is left of them.
 *
 * criu 4.2 loses them.
 */
#include "socket.h"

static const char *const names[] = { "client", "@client", "gone", "./dir/../client2" };
#define CLIENTS ((int)(sizeof(names) / sizeof(names[0])))

static int server;

static void send_from(const char *name)
{
	int sk = t_unix(SOCK_DGRAM, name);

	t_unix_connect(sk, "server");
	t_send(sk, name);
	SYS(close(sk));
}

static void setup(void)
{
	SYS(mkdir("dir", 0755));
	server = t_unix(SOCK_DGRAM, "server");
	for (int i = 0; i < CLIENTS; i++)
		send_from(names[i]);
	SYS(unlink("gone"));
}

static void check(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct t_un wanted = t_un(names[i]), from = {};
		char got[32] = "";

		from.len = sizeof(from.addr);
		EXPECT_EQ(recvfrom(server, got, sizeof(got) - 1, MSG_DONTWAIT,
				   (struct sockaddr *)&from.addr, &from.len),
			  strlen(names[i]));
		EXPECT_STR(got, names[i]);
		EXPECT_EQ(from.len, wanted.len);
		EXPECT_MEM(from.addr.sun_path, wanted.addr.sun_path, strlen(names[i]));
	}
	EXPECT_EMPTY(server);
	EXPECT_ERRNO(access("gone", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "waiting messages still tell the names of senders that are closed",
	.object = "unix",
	.setup = setup,
	.check = check,
};
