// SPDX-License-Identifier: GPL-2.0-only
/*
 * One eventfd in three tasks, two of which sleep in it: one in a read of nothing, and one, of another
 * eventfd, in a write for which there is no room.
 *
 * criu 4.2 cuts the counter to 32 bits, so that there is room.
 */
#include <sys/eventfd.h>

#include "zdtm.h"

static struct {
	int empty, full;
	pid_t reader, writer;
} was;

static void reader(long unused)
{
	uint64_t got = 0;

	while (read(was.empty, &got, sizeof(got)) < 0)
		if (errno != EINTR)
			t_die("read: %s", strerror(errno));
	EXPECT_EQ(got, 5);
}

static void writer(long unused)
{
	const uint64_t more = 7;

	while (write(was.full, &more, sizeof(more)) < 0)
		if (errno != EINTR)
			t_die("write: %s", strerror(errno));
}

static void setup(void)
{
	const uint64_t most = UINT64_MAX - 1;

	was.empty = SYS(eventfd(0, 0));
	was.full = SYS(eventfd(0, 0));
	SYS(write(was.full, &most, sizeof(most)));
	was.reader = t_fork(reader, 0);
	was.writer = t_fork(writer, 0);
	t_wait_syscall(was.reader, SYS_read);
	t_wait_syscall(was.writer, SYS_write);
}

static void check(void)
{
	uint64_t five = 5, got;

	t_wait_syscall(was.reader, SYS_read);
	t_wait_syscall(was.writer, SYS_write);
	SYS(write(was.empty, &five, sizeof(five)));
	t_join(was.reader);
	SYS(read(was.full, &got, sizeof(got)));
	EXPECT_EQ(got, UINT64_MAX - 1);
	t_join(was.writer);
	SYS(read(was.full, &got, sizeof(got)));
	EXPECT_EQ(got, 7);
}

ZDTM_TEST = {
	.doc = "eventfds are shared, and wake who sleeps in them",
	.object = "eventfd",
	.needs = LIST("eventfd.count", "eventfd.semaphore_flag"),
	.setup = setup,
	.check = check,
};
