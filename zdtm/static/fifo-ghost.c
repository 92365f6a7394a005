// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fifo that has lost its name, open for reading, for writing and both ways, with bytes in it, in
 * two tasks. Another one has its name by now, with other bytes.
 */
#include "zdtm.h"

static struct {
	int reader, writer, both, other;
	struct blob data, others;
	pid_t child;
} was;

static void child(long unused)
{
	t_wait(0);
	t_write(was.writer, "child", 5);
}

static void setup(void)
{
	SYS(mkfifo("fifo", 0600));
	was.both = SYS(open("fifo", O_RDWR));
	was.reader = SYS(open("fifo", O_RDONLY));
	was.writer = SYS(open("fifo", O_WRONLY));
	was.data = t_fill(was.writer, 256);
	was.child = t_fork(child, 0);
	SYS(close(was.writer));
	SYS(unlink("fifo"));
	SYS(mkfifo("fifo", 0604));
	was.other = SYS(open("fifo", O_RDWR));
	was.others = t_fill(was.other, 300);
}

static void check(void)
{
	struct stat st;
	char got[5];

	EXPECT(t_same_file(was.both, was.reader));
	EXPECT(!t_same_file(was.both, was.other));
	SYS(fstat(was.both, &st));
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_DATA(was.reader, &was.data);
	t_wake(0);
	t_join(was.child);
	t_read(was.both, got, 5);
	EXPECT_MEM(got, "child", 5);
	EXPECT_DATA(was.other, &was.others);
	SYS(stat("fifo", &st));
	EXPECT_EQ(st.st_mode, S_IFIFO | 0604);
	SYS(close(was.both));
	EXPECT_EQ(read(was.reader, got, 1), 0);
}

ZDTM_TEST = {
	.doc = "a fifo without a name is one fifo, and not the one that has its name",
	.object = "fifo",
	.setup = setup,
	.check = check,
};
