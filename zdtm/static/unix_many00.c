// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server with two hundred connections of twenty processes, some with requests waiting, some with
 * answers: each goes on with its own.
 */
#include "socket.h"

#define PROCESSES 20
#define EACH      10
#define ALL       (PROCESSES * EACH)

static int server[ALL];
static pid_t clients[PROCESSES];

static void client(long nr)
{
	int sk[EACH];
	char text[32];

	for (int i = 0; i < EACH; i++) {
		sk[i] = t_unix_to(SOCK_STREAM, "server");
		snprintf(text, sizeof(text), "request %02ld.%d", nr, i);
		t_send(sk[i], text);
	}
	t_wake(PROCESSES);
	t_wait(nr);
	for (int i = 0; i < EACH; i++) {
		snprintf(text, sizeof(text), "answer %02ld.%d", nr, i);
		EXPECT_RECV(sk[i], text);
	}
}

static void setup(void)
{
	int listener = t_unix_listener(SOCK_STREAM, "server", ALL);

	for (int i = 0; i < PROCESSES; i++)
		clients[i] = t_fork(client, i);
	for (int i = 0; i < ALL; i++)
		server[i] = SYS(accept(listener, NULL, NULL));
	for (int i = 0; i < PROCESSES; i++)
		t_wait(PROCESSES);
	SYS(close(listener));
}

static void check(void)
{
	for (int i = 0; i < ALL; i++) {
		char text[32] = "";

		t_read(server[i], text, strlen("request 00.0"));
		EXPECT_EQ(strncmp(text, "request ", 8), 0);
		memmove(text, text + 1, strlen(text));
		memcpy(text, "answer", 6);
		t_send(server[i], text);
	}
	for (int i = 0; i < PROCESSES; i++) {
		t_wake(i);
		t_join(clients[i]);
	}
}

ZDTM_TEST = {
	.doc = "many connections of many processes to a server, each with its own data",
	.object = "unix",
	.setup = setup,
	.check = check,
};
