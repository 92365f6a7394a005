// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listener with a small backlog that is filled by connections nobody has accepted, of several
 * processes, and one more client that waits for its turn. They are accepted in the order they came.
 *
 * criu 4.2 connects them again in another order.
 */
#include "socket.h"

#define BACKLOG 2
#define CLIENTS (BACKLOG + 1) /* that is how many fit */

static int listener, early[2], mine;
static pid_t clients[CLIENTS], late;

static void client(long nr)
{
	char text[16];
	int sk = t_unix_to(variant->arg, "listener");

	t_wake(CLIENTS);
	t_wait(nr);
	snprintf(text, sizeof(text), "client %ld", nr);
	t_send(sk, text);
}

static void last(long unused)
{
	t_send(t_unix_to(variant->arg, "listener"), "the last");
}

static void setup(void)
{
	listener = t_unix_listener(variant->arg, "listener", BACKLOG);
	/* One that has been accepted, with something in its queue. */
	early[0] = t_unix_to(variant->arg, "listener");
	early[1] = SYS(accept(listener, NULL, NULL));
	t_send(early[0], "early");
	for (int i = 0; i < CLIENTS - 1; i++) {
		clients[i] = t_fork(client, i);
		t_wait(CLIENTS);
	}
	mine = t_unix_to(variant->arg, "listener");
	late = t_fork(last, 0);
	t_wait_syscall(late, SYS_connect);
}

static void check(void)
{
	struct t_un un = t_un("listener");
	char text[16];
	int sk;

	EXPECT_RECV(early[1], "early");
	EXPECT_PEER(mine, "listener");
	for (int i = 0; i < CLIENTS - 1; i++) {
		sk = SYS(accept(listener, NULL, NULL));
		t_wake(i);
		snprintf(text, sizeof(text), "client %d", i);
		EXPECT_RECV(sk, text);
		t_join(clients[i]);
	}
	sk = SYS(accept(listener, NULL, NULL));
	t_send(mine, "mine");
	EXPECT_RECV(sk, "mine");
	sk = SYS(accept(listener, NULL, NULL));
	EXPECT_RECV(sk, "the last");
	t_join(late);
	SYS(fcntl(listener, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(accept(listener, NULL, NULL), EAGAIN);
	/* It takes as many as before. */
	for (int i = 0; i < CLIENTS; i++)
		t_unix_to(variant->arg, "listener");
	sk = t_unix((int)variant->arg | SOCK_NONBLOCK, NULL);
	EXPECT_ERRNO(connect(sk, (struct sockaddr *)&un.addr, un.len), EAGAIN);
}

ZDTM_TEST = {
	.doc = "connections that wait to be accepted, in their order, and no more than fit",
	.object = "unix",
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
