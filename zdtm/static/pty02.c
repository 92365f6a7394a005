// SPDX-License-Identifier: GPL-2.0-only
/* The master is open in a child only, as a duplicate, the slave in its parent only. */
#include "zdtm.h"

enum { HAS_IT, WRITE, WRITTEN, END };

static int slave;
static pid_t child;

static void holds_master(long master)
{
	int fd = SYS(dup(master));

	SYS(close(master));
	t_raw(fd);
	t_write(fd, "before\n", 7);
	t_wake(HAS_IT);
	t_wait(WRITE);
	t_write(fd, "after\n", 6);
	EXPECT_READS(fd, "answer");
	t_wake(WRITTEN);
	t_wait(END);
}

static void setup(void)
{
	int master = t_ptmx(O_RDWR);

	child = t_fork(holds_master, master);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	SYS(close(master));
	t_wait(HAS_IT);
}

static void check(void)
{
	EXPECT_READS(slave, "before\n");
	t_write(slave, "answer", 6);
	t_wake(WRITE);
	t_wait(WRITTEN);
	EXPECT_READS(slave, "after\n");
	t_wake(END);
	t_join(child);
	/* The last end of the master went with the child. */
	EXPECT_READS(slave, "");
}

ZDTM_TEST = {
	.doc = "a pty whose two ends are held by different tasks still connects them",
	.object = "tty",
	.setup = setup,
	.check = check,
};
