// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of four tasks over pairs of sockets, with blocks of a megabyte going round: the first makes a
 * block, the others hand on what they get, the first compares what comes back. Bytes are on their way
 * whenever a dump comes.
 */
#include <sys/socket.h>

#include "zdtm.h"

#define TASKS 4
#define BLOCK (1 << 20)

enum { TURNING };

static pid_t tasks[TASKS];
static int in[TASKS], out[TASKS]; /* task i reads in[i] and writes out[i] */

static void keep_ends_of(int i)
{
	for (int k = 0; k < TASKS; k++) {
		if (k != i)
			SYS(close(in[k]));
		if (k != i)
			SYS(close(out[k]));
	}
}

static void write_block(long blob)
{
	static unsigned char block[BLOCK];

	t_blob_copy((const struct blob *)blob, block);
	t_write(out[0], block, BLOCK);
}

/* Writing takes a thread of its own: a block is more than the ring holds. */
static void turn(void)
{
	static unsigned char back[BLOCK];
	struct blob blob = t_blob(BLOCK);
	pthread_t writer = t_thread(write_block, (long)&blob);

	t_read(in[0], back, BLOCK);
	EXPECT_MEM_IS(back, &blob);
	t_thread_join(writer);
}

static void first(long i)
{
	keep_ends_of(i);
	turn();
	t_wake(TURNING);
	while (!t_over())
		turn();
}

static void hand_on(long i)
{
	char some[5000];
	ssize_t n;

	keep_ends_of(i);
	while ((n = SYS(read(in[i], some, sizeof(some)))) > 0)
		t_write(out[i], some, n);
}

static void setup(void)
{
	for (int i = 0; i < TASKS; i++) {
		int ends[2];

		SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		out[i] = ends[1];
		in[(i + 1) % TASKS] = ends[0];
	}
	for (int i = 0; i < TASKS; i++)
		tasks[i] = t_fork(i ? hand_on : first, i);
	keep_ends_of(TASKS); /* none */
	t_wait(TURNING);
}

static void check(void)
{
	/* The end of the first lets the next read an end of file, and so on round the ring. */
	for (int i = 0; i < TASKS; i++)
		t_join(tasks[i]);
}

ZDTM_TEST = {
	.doc = "blocks going round in a ring of socketpairs arrive whole",
	.object = "unix",
	.setup = setup,
	.check = check,
};
