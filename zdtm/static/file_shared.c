// SPDX-License-Identifier: GPL-2.0-only
/*
 * One file, opened twice; one of the two open files has two descriptors, and a child inherits all
 * three. Descriptors of one open file share its offset, whoever has them; those of the other do not.
 * Close-on-exec belongs to the descriptor.
 */
#include "zdtm.h"

enum { FD, DUP, OTHER, FDS };

#define SEEK_FD    1000
#define SEEK_OTHER 2000

static struct {
	int fds[FDS];
	pid_t child;
} was;

static void expect_offsets(void)
{
	EXPECT_EQ(lseek(was.fds[FD], 0, SEEK_CUR), SEEK_FD);
	EXPECT_EQ(lseek(was.fds[DUP], 0, SEEK_CUR), SEEK_FD);
	EXPECT_EQ(lseek(was.fds[OTHER], 0, SEEK_CUR), SEEK_OTHER);
}

static void child(long unused)
{
	t_wait(0);
	expect_offsets();
	for (int i = 0; i < FDS; i++)
		EXPECT_EQ(fcntl(was.fds[i], F_GETFD), 0);
}

static void setup(void)
{
	was.fds[FD] = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.fds[DUP] = SYS(dup(was.fds[FD]));
	was.fds[OTHER] = SYS(open("file", O_RDWR));
	was.child = t_fork(child, 0);
	SYS(fcntl(was.fds[DUP], F_SETFD, FD_CLOEXEC));
}

static void check(void)
{
	/* Offsets move only now: equal ones before the dump would tell nothing. */
	SYS(lseek(was.fds[FD], SEEK_FD, SEEK_SET));
	SYS(lseek(was.fds[OTHER], SEEK_OTHER, SEEK_SET));
	expect_offsets();
	EXPECT_EQ(fcntl(was.fds[FD], F_GETFD), 0);
	EXPECT_EQ(fcntl(was.fds[DUP], F_GETFD), FD_CLOEXEC);
	t_wake(0);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "descriptors made by dup and fork stay one open file, others stay apart",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
