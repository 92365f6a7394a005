// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of four tasks over fifos of a megabyte each, with blocks going round that are larger than a
 * plain pipe: the first makes them and compares what comes back, the others hand on what they get.
 */
#include "zdtm.h"

#define TASKS    4
#define CAPACITY (1 << 20)
#define BLOCK    (700 * 1000) /* two are less than the ring can hold: nobody waits for himself */

enum { TURNING };

static pid_t tasks[TASKS];
static int in[TASKS], out[TASKS]; /* task i reads in[i] and writes out[i] */
static struct blob blocks[2];

static void keep_ends_of(int i)
{
	for (int k = 0; k < TASKS; k++)
		if (k != i) {
			SYS(close(in[k]));
			SYS(close(out[k]));
		}
}

static void send(int nr)
{
	static unsigned char block[BLOCK];

	blocks[nr % 2] = t_fill_mem(block, BLOCK);
	t_write(out[0], block, BLOCK);
}

static void expect_back(int nr)
{
	static unsigned char block[BLOCK];

	t_read(in[0], block, BLOCK);
	EXPECT_MEM_IS(block, &blocks[nr % 2]);
}

static void first(long i)
{
	int nr = 0;

	keep_ends_of(i);
	send(0);
	do {
		send(nr + 1);
		expect_back(nr);
		if (nr == 0)
			t_wake(TURNING);
		nr++;
	} while (!t_over());
	expect_back(nr);
}

static void hand_on(long i)
{
	static char some[50000];
	ssize_t n;

	keep_ends_of(i);
	while ((n = SYS(read(in[i], some, sizeof(some)))) > 0)
		t_write(out[i], some, n);
}

static void setup(void)
{
	for (int i = 0; i < TASKS; i++) {
		char name[16];
		int *end = &in[(i + 1) % TASKS];

		snprintf(name, sizeof(name), "fifo-%d", i);
		SYS(mkfifo(name, 0600));
		*end = SYS(open(name, O_RDONLY | O_NONBLOCK));
		out[i] = SYS(open(name, O_WRONLY));
		SYS(fcntl(*end, F_SETFL, 0));
		SYS(fcntl(*end, F_SETPIPE_SZ, CAPACITY));
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
	.doc = "blocks going round in a ring of fifos arrive whole",
	.object = "fifo",
	/* So that the pages in other pipes of this user, of whatever test, do not count. */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.setup = setup,
	.check = check,
};
