// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor goes round between three tasks, in flight most of the time: a file in which each adds
 * one to a number before it hands it on.
 */
#include "socket.h"

#define TASKS 3

enum { TURNING };

static pid_t tasks[TASKS];
static int in[TASKS], out[TASKS];

static int take(int sk)
{
	int fd = -1;

	EXPECT_RECV_FDS(sk, "take", &fd, 1);
	return fd;
}

/* 0: the end. */
static uint32_t count(int fd, bool end)
{
	uint32_t nr = 0;

	EXPECT_EQ(pread(fd, &nr, sizeof(nr), 0), sizeof(nr));
	if (end || nr == 0)
		nr = 0;
	else
		nr++;
	EXPECT_EQ(pwrite(fd, &nr, sizeof(nr), 0), sizeof(nr));
	return nr;
}

static void task(long i)
{
	uint32_t before = 0, nr;

	do {
		int fd = take(in[i]);

		nr = count(fd, i == 0 && t_over() && before > 30);
		if (before && nr)
			EXPECT_EQ(nr, before + TASKS);
		before = nr;
		if (nr == 10)
			t_wake(TURNING);
		/* The one that ended it gets it last. */
		if (nr || i < TASKS - 1)
			t_send_fds(out[i], "take", &fd, 1);
		SYS(close(fd));
	} while (nr);
}

static void setup(void)
{
	uint32_t one = 1;
	int fd = SYS(open("number", O_RDWR | O_CREAT, 0600));

	t_write(fd, &one, sizeof(one));
	for (int i = 0; i < TASKS; i++) {
		int ends[2];

		SYS(socketpair(AF_UNIX, variant->arg, 0, ends));
		out[i] = ends[1];
		in[(i + 1) % TASKS] = ends[0];
	}
	for (int i = 0; i < TASKS; i++)
		tasks[i] = t_fork(task, i);
	t_send_fds(out[TASKS - 1], "take", &fd, 1);
	SYS(close(fd));
	t_wait(TURNING);
}

static void check(void)
{
	for (int i = 0; i < TASKS; i++)
		t_join(tasks[i]);
}

ZDTM_TEST = {
	.doc = "a descriptor that is handed on and on is never lost",
	.object = "unix",
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM }),
	.setup = setup,
	.check = check,
};
