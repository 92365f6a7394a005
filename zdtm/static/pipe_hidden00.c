// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes whose ends are not where one looks first: both in a child that has inherited them from a
 * parent which has closed them, or one in the child and one in the grandchild; and at numbers that
 * are swapped from task to task.
 */
#include "zdtm.h"

enum { READY, GO };

#define LOW  20
#define HIGH 21

static struct {
	int whole[2], split[2];
	struct blob data[2];
	pid_t child;
} was;

static void grandchild(long unused)
{
	SYS(close(was.whole[0]));
	SYS(close(was.whole[1]));
	SYS(dup2(was.split[1], LOW));
	SYS(close(was.split[0]));
	SYS(close(was.split[1]));
	t_wake(READY);
	t_wait(GO);
	t_write(LOW, "grandchild", 10);
}

static void child(long unused)
{
	pid_t pid = t_fork(grandchild, 0);
	char got[10];

	SYS(dup2(was.split[0], LOW));
	SYS(dup2(was.whole[1], HIGH));
	SYS(close(was.split[0]));
	SYS(close(was.split[1]));
	SYS(close(was.whole[1]));
	t_wake(READY);
	t_wait(GO + 10);
	EXPECT_DATA(was.whole[0], &was.data[0]);
	EXPECT_DATA(LOW, &was.data[1]);
	t_wake(GO);
	t_read(LOW, got, 10);
	EXPECT_MEM(got, "grandchild", 10);
	t_join(pid);
	EXPECT_EQ(read(LOW, got, 1), 0);
	SYS(close(HIGH));
	EXPECT_EQ(read(was.whole[0], got, 1), 0);
}

static void setup(void)
{
	SYS(pipe(was.whole));
	SYS(pipe(was.split));
	was.data[0] = t_fill(was.whole[1], 3000);
	was.data[1] = t_fill(was.split[1], 4000);
	was.child = t_fork(child, 0);
	for (int i = 0; i < 2; i++) {
		SYS(close(was.whole[i]));
		SYS(close(was.split[i]));
	}
	t_wait(READY);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_ERRNO(fcntl(was.whole[0], F_GETFD), EBADF);
	t_wake(GO + 10);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "pipes between children are whole, and end when their last writer does",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
