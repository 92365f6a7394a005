// SPDX-License-Identifier: GPL-2.0-only
/*
 * A nameless fifo whose only descriptors are one that reads without waiting and one that writes, each
 * in a task of its own, with nothing in it: an engine that opens one has to have the other.
 */
#include "zdtm.h"

static struct {
	int writer;
	pid_t child;
} was;

static void child(long fd)
{
	char got[4];

	t_wait(0);
	EXPECT_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	t_read(fd, got, 4);
	EXPECT_MEM(got, "late", 4);
}

static void setup(void)
{
	int reader;

	SYS(mkfifo("fifo", 0600));
	reader = SYS(open("fifo", O_RDONLY | O_NONBLOCK));
	was.child = t_fork(child, reader);
	was.writer = SYS(open("fifo", O_WRONLY));
	SYS(close(reader));
	SYS(unlink("fifo"));
}

static void check(void)
{
	struct stat st;

	SYS(fstat(was.writer, &st));
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_EQ(fcntl(was.writer, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY);
	EXPECT_ERRNO(access("fifo", F_OK), ENOENT);
	t_write(was.writer, "late", 4);
	t_wake(0);
	t_join(was.child);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_ERRNO(write(was.writer, "x", 1), EPIPE);
}

ZDTM_TEST = {
	.doc = "a nameless, empty fifo leads from one task to the other",
	.object = "fifo",
	.setup = setup,
	.check = check,
};
