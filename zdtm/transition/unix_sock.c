// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four clients stream blocks of bytes, each with its own number in front, to a server that waits for
 * whichever comes with select(2).
 */
#include <sys/select.h>

#include "socket.h"

#define CLIENTS 4
#define BLOCK   1000

enum { FLOWING };

static pid_t clients[CLIENTS], server;

struct block {
	uint32_t nr, sum;
	unsigned char data[BLOCK];
};

static void client(long nr)
{
	int sk = t_unix_to(SOCK_STREAM, "server");
	struct block b = {};

	while (!t_over() || b.nr < 10) {
		t_fill_mem(b.data, BLOCK);
		b.nr++;
		b.sum = t_sum(b.data, BLOCK);
		t_write(sk, &b, sizeof(b));
	}
}

/* false: the client has ended, between blocks. */
static bool take_block(int sk, uint32_t *nr)
{
	struct block b;
	ssize_t n = SYS(recv(sk, &b, sizeof(b), MSG_WAITALL));

	if (n == 0)
		return false;
	EXPECT_EQ(n, sizeof(b));
	EXPECT_EQ(b.nr, *nr + 1);
	EXPECT_EQ(b.sum, (uint32_t)t_sum(b.data, BLOCK));
	*nr = b.nr;
	return true;
}

static void serve(long listener)
{
	uint32_t nr[CLIENTS] = {};
	int sk[CLIENTS], left = CLIENTS;

	for (int i = 0; i < CLIENTS; i++)
		sk[i] = SYS(accept(listener, NULL, NULL));
	while (left) {
		fd_set set;

		FD_ZERO(&set);
		for (int i = 0; i < CLIENTS; i++)
			if (sk[i] >= 0)
				FD_SET(sk[i], &set);
		SYS(select(FD_SETSIZE, &set, NULL, NULL, NULL));
		for (int i = 0; i < CLIENTS; i++) {
			if (sk[i] < 0 || !FD_ISSET(sk[i], &set))
				continue;
			if (take_block(sk[i], &nr[i])) {
				if (nr[i] == 5)
					t_wake(FLOWING);
				continue;
			}
			SYS(close(sk[i]));
			sk[i] = -1;
			left--;
		}
	}
}

static void setup(void)
{
	int listener = t_unix_listener(SOCK_STREAM, "server", CLIENTS);

	server = t_fork(serve, listener);
	SYS(close(listener));
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
	.doc = "streams of four clients to a server go on without a byte lost or doubled",
	.object = "unix",
	.setup = setup,
	.check = check,
};
