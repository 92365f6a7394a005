// SPDX-License-Identifier: GPL-2.0-only
/*
 * A socket that is only bound, to an abstract name with NUL bytes in it, and one that is nothing yet:
 * the one can still become a listener, and the other connect to it.
 */
#include "socket.h"

static const char name[] = "\0unconn\0\0\1\xff";
static int bound, lone;
static struct sockaddr_un addr = { .sun_family = AF_UNIX };

#define LEN (sizeof(sa_family_t) + sizeof(name))

static void setup(void)
{
	memcpy(addr.sun_path, name, sizeof(name));
	bound = t_unix(variant->arg, NULL);
	SYS(bind(bound, (struct sockaddr *)&addr, LEN));
	lone = t_unix(variant->arg, NULL);
}

static void check(void)
{
	struct sockaddr_un now = {};
	socklen_t len = sizeof(now);
	int server;

	SYS(getsockname(bound, (struct sockaddr *)&now, &len));
	EXPECT_EQ(len, LEN);
	EXPECT_MEM(now.sun_path, name, sizeof(name));
	EXPECT_ERRNO(connect(lone, (struct sockaddr *)&addr, LEN), ECONNREFUSED);
	SYS(listen(bound, 1));
	SYS(connect(lone, (struct sockaddr *)&addr, LEN));
	server = SYS(accept(bound, NULL, NULL));
	t_send(server, "hello");
	EXPECT_RECV(lone, "hello");
}

ZDTM_TEST = {
	.doc = "sockets that are not connected yet, with and without an abstract name",
	.object = "unix",
	.variants = VARIANTS(
		{ "stream", SOCK_STREAM },
		{ "seqpacket", SOCK_SEQPACKET, .known_as = "static/sk-unix-unconn-seqpacket" }),
	.setup = setup,
	.check = check,
};
