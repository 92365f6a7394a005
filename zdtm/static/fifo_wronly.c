// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fifo between parent and child, who sleeps in a read of it. The name is still a fifo's, and leads
 * to the same one: who opens it now joins them.
 */
#include "zdtm.h"

static struct {
	int fd;
	struct stat st;
	pid_t child;
} was;

static void child(long unused)
{
	int fd = SYS(open("fifo", O_RDONLY));
	char got[7];

	t_read(fd, got, 7);
	EXPECT_MEM(got, "one two", 7);
}

static void setup(void)
{
	SYS(mkfifo("fifo", 0622));
	was.child = t_fork(child, 0);
	was.fd = SYS(open("fifo", O_WRONLY));
	t_wait_syscall(was.child, SYS_read);
	SYS(stat("fifo", &was.st));
}

static void check(void)
{
	struct stat st;
	int fd;

	SYS(stat("fifo", &st));
	EXPECT_EQ(st.st_mode, S_IFIFO | 0600);
	EXPECT_EQ(st.st_ino, was.st.st_ino);
	EXPECT_EQ(fcntl(was.fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	t_write(was.fd, "one ", 4);
	fd = SYS(open("fifo", O_WRONLY | O_NONBLOCK));
	t_write(fd, "two", 3);
	t_join(was.child);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_ERRNO(write(was.fd, "x", 1), EPIPE);
}

ZDTM_TEST = {
	.doc = "a fifo still leads from its writer to the reader who sleeps in it",
	.object = "fifo",
	.setup = setup,
	.check = check,
};
