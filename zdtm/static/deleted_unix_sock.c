// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection whose listener is closed and whose path is gone: only the name is left of them. A
 * child has the client's end.
 *
 * criu 4.2 loses the name.
 */
#include "socket.h"

#define BYTES 1000

static int server, listener;
static pid_t child;
static struct blob blob;

static void client(long sk)
{
	unsigned char data[BYTES];

	SYS(close(listener));
	SYS(close(server));
	t_wake(1);
	t_wait(0);
	t_blob_copy(&blob, data);
	t_write(sk, data, BYTES);
}

static void setup(void)
{
	int sk;

	listener = t_unix_listener(SOCK_STREAM, "socket", 1);
	sk = t_unix_to(SOCK_STREAM, "socket");
	server = SYS(accept(listener, NULL, NULL));
	blob = t_blob(BYTES);
	child = t_fork(client, sk);
	SYS(close(sk));
	SYS(close(listener));
	t_wait(1);
	SYS(unlink("socket"));
}

static void check(void)
{
	EXPECT_ERRNO(access("socket", F_OK), ENOENT);
	EXPECT_NAME(server, "socket");
	EXPECT_PEER(server, "");
	t_wake(0);
	EXPECT_DATA(server, &blob);
	t_join(child);
	EXPECT_EOF(server);
}

ZDTM_TEST = {
	.doc = "a connection outlives its listener and the file that was bound to",
	.object = "unix",
	.setup = setup,
	.check = check,
};
