// SPDX-License-Identifier: GPL-2.0-only
/*
 * A raw terminal with a stream going through it both ways, faster than it is read, so that a dump
 * finds it full whenever it comes, and tasks asleep in reads and writes. Every byte comes, in order.
 */
#include "zdtm.h"

#define BLOCK 3000

enum { STREAMING };

static int master, slave;

static void fill(unsigned char *block, uint64_t at)
{
	for (size_t i = 0; i < BLOCK; i++)
		block[i] = (at + i) * 2654435761U >> 24;
}

/* Blocks as long as the test goes on; then one that says how many bytes there were. */
static void writes(long fd)
{
	unsigned char block[BLOCK] = {};
	uint64_t at = 0;

	do {
		fill(block, at);
		t_write(fd, block, BLOCK);
		at += BLOCK;
		if (at == 20 * BLOCK)
			t_wake(STREAMING);
	} while (!t_over() || at < 20 * BLOCK);
	memset(block, 0, BLOCK);
	memcpy(block, &at, sizeof(at));
	t_write(fd, block, BLOCK);
}

static void reads(long fd)
{
	unsigned char got[BLOCK], should[BLOCK];
	uint64_t at = 0, all;

	for (;;) {
		t_read(fd, got, BLOCK);
		memcpy(&all, got, sizeof(all));
		if (all == at)
			return;
		fill(should, at);
		if (!EXPECT_MEM(got, should, BLOCK))
			return;
		at += BLOCK;
	}
}

static pid_t tasks[4];

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	t_raw(slave);
	tasks[0] = t_fork(writes, master);
	tasks[1] = t_fork(writes, slave);
	tasks[2] = t_fork(reads, slave);
	tasks[3] = t_fork(reads, master);
	for (int i = 0; i < 2; i++)
		t_wait(STREAMING);
}

static void check(void)
{
	for (int i = 0; i < 4; i++)
		t_join(tasks[i]);
}

ZDTM_TEST = {
	.doc = "a stream through a raw terminal, both ways, comes whole",
	.object = "tty",
	.setup = setup,
	.check = check,
};
