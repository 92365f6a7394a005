// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that sleep in a terminal: one reads a line of which a part has come, one writes to a master
 * that is full, one waits for output to flow. All three go on where they were. criu 4.2 loses the
 * part of the line, and what was stopped.
 */
#include <termios.h>

#include "zdtm.h"

enum { LINE, FULL, STOPPED };

static int master, slave;
static pid_t task;

static void block(long how)
{
	static char much[30000];

	if (how == LINE) {
		/* One read gives it. */
		EXPECT_EQ(SYS(read(slave, much, sizeof(much))), 15);
		EXPECT_STR(much, "the whole line\n");
	} else if (how == FULL) {
		memset(much, 'x', sizeof(much));
		t_write(master, much, sizeof(much));
	} else {
		t_write(slave, "late", 4);
	}
}

static void setup(void)
{
	struct termios t;

	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	SYS(tcgetattr(slave, &t));
	cfmakeraw(&t);
	if (variant->arg == LINE)
		t.c_lflag |= ICANON;
	SYS(tcsetattr(slave, TCSANOW, &t));
	if (variant->arg == LINE)
		t_write(master, "the whole ", 10);
	if (variant->arg == STOPPED)
		SYS(tcflow(slave, TCOOFF));
	task = t_fork(block, variant->arg);
	t_wait_syscall(task, variant->arg == LINE ? SYS_read : SYS_write);
}

static void check(void)
{
	char got[1000];

	switch (variant->arg) {
	case LINE:
		t_write(master, "line\n", 5);
		break;
	case FULL:
		for (int i = 0; i < 30; i++) {
			t_read(slave, got, sizeof(got));
			for (size_t k = 0; k < sizeof(got); k++)
				if (got[k] != 'x')
					t_die("byte %zu is %#x", i * sizeof(got) + k, got[k]);
		}
		break;
	case STOPPED:
		t_wait_syscall(task, SYS_write);
		SYS(tcflow(slave, TCOON));
		EXPECT_READS(master, "late");
	}
	t_join(task);
	EXPECT_QUIET(slave);
}

ZDTM_TEST = {
	.doc = "tasks that sleep in reads and writes of a terminal go on",
	.object = "tty",
	.variants = VARIANTS({ "line", LINE }, { "full", FULL }, { "stopped", STOPPED }),
	.setup = setup,
	.check = check,
};
