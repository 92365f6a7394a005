// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two tasks that meet at new fifos in every round: one makes a pair, both open them, waiting for each
 * other in open(2), and the names are removed. A block larger than a fifo goes there and back. A dump
 * finds them at any of this: fifos with names and without, with one end, both or none.
 */
#include "zdtm.h"

#define BLOCK (1 << 20)

enum { TURNING };
enum { GO_ON = 'g', END = 'e' };

static struct {
	pid_t first, second;
} was;

static void names(unsigned int round, char there[32], char back[32])
{
	snprintf(there, 32, "there-%u", round);
	snprintf(back, 32, "back-%u", round);
}

/* What it hears before the next fifos are made: whether there will be any. */
static void echoes(long control)
{
	static unsigned char block[BLOCK];
	char there[32], back[32], word;

	for (unsigned int round = 0;; round++) {
		int in, out;

		t_read(control, &word, 1);
		if (word == END)
			break;
		names(round, there, back);
		in = SYS(open(there, O_RDONLY));
		out = SYS(open(back, O_WRONLY));
		t_read(in, block, BLOCK);
		t_write(out, block, BLOCK);
		SYS(close(out));
		EXPECT_EQ(read(in, block, 1), 0);
		SYS(close(in));
	}
}

static void one_round(unsigned int round, int control)
{
	static unsigned char sent[BLOCK], got[BLOCK];
	char there[32], back[32], word = GO_ON;
	struct blob data = t_fill_mem(sent, BLOCK);
	int in, out;

	names(round, there, back);
	SYS(mkfifo(there, 0600));
	SYS(mkfifo(back, 0600));
	t_write(control, &word, 1);
	out = SYS(open(there, O_WRONLY));
	in = SYS(open(back, O_RDONLY));
	SYS(unlink(there));
	SYS(unlink(back));
	t_write(out, sent, BLOCK);
	t_read(in, got, BLOCK);
	EXPECT_MEM_IS(got, &data);
	EXPECT_EQ(read(in, got, 1), 0);
	SYS(close(in));
	SYS(close(out));
}

static void begins(long control)
{
	char word = END;

	for (unsigned int round = 0; round == 0 || !t_over(); round++) {
		one_round(round, control);
		if (round == 1)
			t_wake(TURNING);
	}
	t_write(control, &word, 1);
}

static void setup(void)
{
	int control[2];

	SYS(pipe(control));
	was.first = t_fork(begins, control[1]);
	was.second = t_fork(echoes, control[0]);
	SYS(close(control[0]));
	SYS(close(control[1]));
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.first);
	t_join(was.second);
}

ZDTM_TEST = {
	.doc = "blocks through fifos that are made, opened and removed all the time arrive whole",
	.object = "fifo",
	.setup = setup,
	.check = check,
};
