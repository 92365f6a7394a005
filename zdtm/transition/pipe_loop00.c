// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of four tasks over pipes, with blocks going round: the first makes a block, the others hand
 * on what they get, the first compares what comes back. Bytes are everywhere when the dump comes.
 */
#include "zdtm.h"

#define TASKS 4
#define BLOCK (100 * 1000) /* less than the ring can hold, or the first would wait for itself */

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

static void turn_once(void)
{
	static unsigned char block[BLOCK], back[BLOCK];

	t_fill_mem(block, BLOCK);
	t_write(out[0], block, BLOCK);
	t_read(in[0], back, BLOCK);
	EXPECT_MEM(back, block, BLOCK);
}

static void first(long i)
{
	keep_ends_of(i);
	for (int round = 0; !t_over(); round++) {
		turn_once();
		if (round == 1)
			t_wake(TURNING);
	}
	turn_once();
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

		SYS(pipe(ends));
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
	.doc = "blocks going round in a ring of pipes arrive whole",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
