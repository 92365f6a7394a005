// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram socket that is connected to the socket of a task outside the tree, by its path, which was
 * there all the time: what is sent arrives, and it is the same one that answers.
 */
#include <poll.h>

#include "socket.h"

enum { BOUND };

static int client;
/* Absolute: criu 4.2 finds no other. */
static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

/* Gives everybody his own back, with the number of the message. */
static void serve(long unused)
{
	int sk = t_unix(SOCK_DGRAM, path);
	char text[64];

	t_wake(BOUND);
	for (char n = '1';; n++) {
		struct sockaddr_un from;
		socklen_t len = sizeof(from);
		ssize_t size = SYS(
			recvfrom(sk, text, sizeof(text) - 1, 0, (struct sockaddr *)&from, &len));

		text[size++] = n;
		SYS(sendto(sk, text, size, 0, (struct sockaddr *)&from, len));
	}
}

static void setup(void)
{
	SYS(getcwd(path, sizeof(path) - strlen("/server")) ? 0 : -1);
	strcat(path, "/server");
	t_outside(serve, 0);
	t_wait(BOUND);
	client = t_unix(SOCK_DGRAM, "client");
	t_unix_connect(client, path);
	t_send(client, "hello");
	t_await_ready(client, POLLIN);
	EXPECT_RECV(client, "hello1");
}

static void check(void)
{
	struct sockaddr_un now = {};
	socklen_t len = sizeof(now);

	SYS(getpeername(client, (struct sockaddr *)&now, &len));
	EXPECT_STR(now.sun_path, path);
	t_send(client, "again");
	t_await_ready(client, POLLIN);
	EXPECT_RECV(client, "again2");
}

ZDTM_TEST = {
	.doc = "a datagram socket is connected to the server outside the tree again",
	.object = "unix",
	.engine = LIST("--ext-unix-sk"),
	.setup = setup,
	.check = check,
};
