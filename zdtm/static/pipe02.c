// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of a pipe opened once more, by way of /proc: open files of their own, with flags of their
 * own, one of them open both ways. They are all that one pipe.
 */
#include "zdtm.h"

static struct {
	int ends[2], reader, both;
} was;

static void expect_read(int fd, const char *text)
{
	char got[16] = "";

	t_read(fd, got, strlen(text));
	EXPECT_STR(got, text);
}

static void setup(void)
{
	SYS(pipe(was.ends));
	was.reader = t_reopen(was.ends[0], O_RDONLY | O_NONBLOCK);
	was.both = t_reopen(was.ends[1], O_RDWR | O_APPEND);
	t_write(was.ends[1], "one", 3);
	t_write(was.both, "two", 3);
}

static void check(void)
{
	const int flags = O_ACCMODE | O_NONBLOCK | O_APPEND;
	char byte;

	EXPECT_EQ(fcntl(was.ends[0], F_GETFL) & flags, O_RDONLY);
	EXPECT_EQ(fcntl(was.ends[1], F_GETFL) & flags, O_WRONLY);
	EXPECT_EQ(fcntl(was.reader, F_GETFL) & flags, O_RDONLY | O_NONBLOCK);
	EXPECT_EQ(fcntl(was.both, F_GETFL) & flags, O_RDWR | O_APPEND);
	EXPECT(t_same_file(was.ends[0], was.both));
	EXPECT(t_same_file(was.ends[1], was.reader));
	expect_read(was.ends[0], "on");
	expect_read(was.reader, "et");
	expect_read(was.both, "wo");
	EXPECT_ERRNO(read(was.reader, &byte, 1), EAGAIN);

	/* It ends with its last writer, which is the one that reads as well. */
	SYS(close(was.ends[1]));
	EXPECT_ERRNO(read(was.reader, &byte, 1), EAGAIN);
	SYS(close(was.both));
	EXPECT_EQ(read(was.reader, &byte, 1), 0);
}

ZDTM_TEST = {
	.doc = "ends of a pipe that were opened again are one pipe, with flags of their own",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
