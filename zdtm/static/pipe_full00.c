// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task asleep in the middle of a write that is larger than the pipe, another in a read of an empty
 * one. What they are about goes on: no byte is lost, none comes twice.
 */
#include "zdtm.h"

#define SIZE 300000

static struct {
	int full[2], empty[2];
	struct blob data;
	pid_t writer, reader;
} was;

static void writer(long unused)
{
	static unsigned char bytes[SIZE];

	SYS(close(was.full[0]));
	t_blob_copy(&was.data, bytes);
	t_write(was.full[1], bytes, SIZE);
}

static void reader(long unused)
{
	char got[7];

	t_read(was.empty[0], got, 7);
	EXPECT_MEM(got, "at last", 7);
}

static void setup(void)
{
	was.data = t_blob(SIZE);
	SYS(pipe(was.full));
	SYS(pipe(was.empty));
	was.writer = t_fork(writer, 0);
	was.reader = t_fork(reader, 0);
	SYS(close(was.full[1]));
	t_wait_syscall(was.writer, SYS_write);
	t_wait_syscall(was.reader, SYS_read);
}

static void check(void)
{
	char byte;

	t_wait_syscall(was.writer, SYS_write);
	t_wait_syscall(was.reader, SYS_read);
	t_write(was.empty[1], "at last", 7);
	t_join(was.reader);
	EXPECT_DATA(was.full[0], &was.data);
	t_join(was.writer);
	EXPECT_EQ(read(was.full[0], &byte, 1), 0);
}

ZDTM_TEST = {
	.doc = "tasks asleep in a full or an empty pipe go on, and lose no byte",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
