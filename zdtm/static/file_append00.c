// SPDX-License-Identifier: GPL-2.0-only
/*
 * O_APPEND belongs to the open file: what a parent and its child write through one that has it goes
 * to the end, wherever its offset is, while another open file overwrites.
 */
#include "zdtm.h"

static struct {
	int append, plain;
	pid_t child;
} was;

static void child(long unused)
{
	t_wait(0);
	SYS(lseek(was.append, 0, SEEK_SET));
	t_write(was.append, "child", 5);
}

static void setup(void)
{
	was.append = SYS(open("file", O_WRONLY | O_CREAT | O_APPEND, 0600));
	was.plain = SYS(open("file", O_WRONLY));
	t_write(was.append, "begin ", 6);
	SYS(lseek(was.append, 2, SEEK_SET));
	SYS(lseek(was.plain, 1, SEEK_SET));
	was.child = t_fork(child, 0);
}

static void check(void)
{
	EXPECT_EQ(lseek(was.append, 0, SEEK_CUR), 2);
	t_write(was.append, "parent ", 7);
	EXPECT_EQ(lseek(was.append, 0, SEEK_CUR), 13);
	t_write(was.plain, "E", 1);
	t_wake(0);
	t_join(was.child);
	EXPECT_STR(t_slurp("file"), "bEgin parent child");
	EXPECT_EQ(lseek(was.append, 0, SEEK_CUR), 18);
}

ZDTM_TEST = {
	.doc = "a file opened to append is appended to, whatever its offset",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
