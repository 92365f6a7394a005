// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of many senders wait at one server: of such with names that still are there, of one without,
 * of one that got its name only afterwards. Each tells its sender as it is called now.
 *
 * criu 4.2 loses the names.
 */
#include "socket.h"

#define SENDERS 4

static int server, sender[SENDERS];
static const char *const names[SENDERS] = { "path", "@abstract", "", "later" };

static void setup(void)
{
	server = t_unix(SOCK_DGRAM, "server");
	for (int i = 0; i < SENDERS; i++) {
		sender[i] = t_unix(SOCK_DGRAM, i < 2 ? names[i] : NULL);
		t_unix_connect(sender[i], "server");
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < SENDERS; i++)
			t_send(sender[i], names[i][0] ? names[i] : "nobody");
	SYS(bind(sender[3], (struct sockaddr *)&(struct sockaddr_un){ AF_UNIX, "later" },
		 sizeof(sa_family_t) + sizeof("later")));
}

static void check(void)
{
	for (int i = 0; i < 2 * SENDERS; i++) {
		const char *name = names[i % SENDERS];
		struct t_un wanted = t_un(name), from = { .len = sizeof(from.addr) };
		char got[16] = "";

		EXPECT_GT(recvfrom(server, got, sizeof(got), MSG_DONTWAIT,
				   (struct sockaddr *)&from.addr, &from.len),
			  0);
		EXPECT_STR(got, name[0] ? name : "nobody");
		EXPECT_EQ(from.len, name[0] ? wanted.len : 0);
		EXPECT_MEM(from.addr.sun_path, wanted.addr.sun_path, strlen(name));
	}
	EXPECT_EMPTY(server);
	for (int i = 0; i < SENDERS; i++)
		EXPECT_NAME(sender[i], names[i]);
}

ZDTM_TEST = {
	.doc = "waiting messages tell who sent each of them",
	.object = "unix",
	.setup = setup,
	.check = check,
};
