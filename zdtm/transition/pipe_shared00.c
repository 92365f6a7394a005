// SPDX-License-Identifier: GPL-2.0-only
/*
 * One writer and three readers of one pipe. What is written by PIPE_BUF bytes comes to one reader as a
 * whole, and every block comes to somebody, once.
 */
#include <limits.h>

#include "zdtm.h"

#define READERS 3

enum { TURNING };

static struct {
	int ends[2];
	uint64_t *got; /* sums of the blocks' numbers per reader, and of all written; shared */
	pid_t writer, reader[READERS];
} was;

static void writer(long unused)
{
	uint32_t block[PIPE_BUF / sizeof(uint32_t)];

	SYS(close(was.ends[0]));
	for (uint32_t nr = 1; !t_over() || nr < 1000; nr++) {
		for (size_t i = 0; i < PIPE_BUF / sizeof(block[0]); i++)
			block[i] = nr;
		t_write(was.ends[1], block, sizeof(block));
		was.got[READERS] += nr;
		if (nr == 200)
			t_wake(TURNING);
	}
}

static void reader(long which)
{
	uint32_t block[PIPE_BUF / sizeof(uint32_t)], last = 0;
	ssize_t n;

	SYS(close(was.ends[1]));
	while ((n = SYS(read(was.ends[0], block, sizeof(block)))) > 0) {
		EXPECT_EQ(n, sizeof(block));
		EXPECT_GT(block[0], last);
		last = block[0];
		for (size_t i = 0; i < PIPE_BUF / sizeof(block[0]); i++)
			if (!EXPECT_EQ(block[i], last))
				break;
		was.got[which] += last;
	}
}

static void setup(void)
{
	was.got = t_map(T_PAGE, MAP_SHARED);
	SYS(pipe(was.ends));
	was.writer = t_fork(writer, 0);
	for (int i = 0; i < READERS; i++)
		was.reader[i] = t_fork(reader, i);
	SYS(close(was.ends[0]));
	SYS(close(was.ends[1]));
	t_wait(TURNING);
}

static void check(void)
{
	uint64_t sum = 0;

	t_join(was.writer);
	for (int i = 0; i < READERS; i++) {
		t_join(was.reader[i]);
		sum += was.got[i];
	}
	EXPECT_EQ(sum, was.got[READERS]);
}

ZDTM_TEST = {
	.doc = "blocks written to a pipe of several readers come whole, each to one of them",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
