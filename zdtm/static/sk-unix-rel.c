// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listener bound by a relative name, from a directory that is not the working directory any more.
 *
 * criu 4.2 loses SO_REUSEADDR, and refuses names with dots.
 */
#include "socket.h"

static int listener, lone;

static void setup(void)
{
	SYS(mkdir("dir", 0755));
	SYS(mkdir("other", 0755));
	SYS(chdir("dir"));
	listener = t_unix(SOCK_STREAM, variant->arg ? "./../other/listener" : "listener");
	t_set_sockopt(listener, SO_REUSEADDR, 1);
	SYS(listen(listener, 7));
	SYS(chdir(".."));
	lone = t_unix(SOCK_STREAM, NULL);
}

static void check(void)
{
	int server;

	EXPECT_NAME(listener, variant->arg ? "./../other/listener" : "listener");
	EXPECT_NAME(lone, "");
	EXPECT_EQ(t_sockopt(listener, SO_REUSEADDR), 1);
	t_unix_connect(lone, variant->arg ? "other/listener" : "dir/listener");
	server = SYS(accept(listener, NULL, NULL));
	t_send(lone, "hello");
	EXPECT_RECV(server, "hello");
	EXPECT_PEER(lone, variant->arg ? "./../other/listener" : "listener");
	/* The name would lead here now. */
	EXPECT_ERRNO(access("listener", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "a listener that was bound by a relative name, in a directory that was left",
	.object = "unix",
	.variants = VARIANTS({ "plain", 0 }, { "dotted", 1 }),
	.setup = setup,
	.check = check,
};
