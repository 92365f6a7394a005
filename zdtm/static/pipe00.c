// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two pipes between parent and child, at the same two descriptor numbers on both sides but in
 * opposite order, so that whoever reopens them one task after the other waits for itself. Bytes are
 * in one of them; the child sleeps in a read of the other.
 */
#include "zdtm.h"

/* Where the parent has its read end the child has its write end. */
#define LOW  10
#define HIGH 11

static const char hello[] = "hello", ping[] = "ping", pong[] = "pong";

static struct {
	pid_t child;
} was;

static void expect_read(int fd, const char *text)
{
	char got[16] = "";

	t_read(fd, got, strlen(text));
	EXPECT_STR(got, text);
}

static void child(long unused)
{
	t_write(HIGH, hello, strlen(hello));
	expect_read(LOW, ping);
	t_write(HIGH, pong, strlen(pong));
}

static void setup(void)
{
	int down[2], up[2];

	SYS(pipe(down));
	SYS(pipe(up));
	/* Both sides have both ends until each closes what it does not use. */
	SYS(dup2(down[0], LOW));
	SYS(dup2(up[1], HIGH));
	was.child = t_fork(child, 0);
	SYS(dup2(up[0], LOW));
	SYS(dup2(down[1], HIGH));
	for (int i = 0; i < 2; i++) {
		SYS(close(down[i]));
		SYS(close(up[i]));
	}
	t_wait_syscall(was.child, SYS_read);
}

static void check(void)
{
	expect_read(LOW, hello);
	t_write(HIGH, ping, strlen(ping));
	expect_read(LOW, pong);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "two crossing pipes carry on, with what was in them and who slept in them",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
