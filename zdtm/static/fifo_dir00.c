// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a fifo can have that is thought of with pipes only: packet mode, another capacity. And a task
 * asleep in open(), waiting for the other end: it gets its descriptor when that comes.
 *
 * criu 4.2 cannot restore packet mode.
 */
#include "zdtm.h"

enum { PACKETS, CAPACITY, OPENING };

static struct {
	int fd;
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	int fd = SYS(open("fifo", O_WRONLY));

	t_write(fd, "opened", 6);
}

static void setup(void)
{
	static unsigned char bytes[1 << 18];

	SYS(mkfifo("fifo", 0600));
	if (variant->arg == OPENING) {
		was.child = t_fork(child, 0);
		t_wait_syscall(was.child, SYS_openat);
		return;
	}
	was.fd = SYS(open("fifo", O_RDWR | O_NONBLOCK));
	if (variant->arg == PACKETS) {
		/* open() does not take it for a fifo. */
		SYS(fcntl(was.fd, F_SETFL, O_NONBLOCK | O_DIRECT));
		t_write(was.fd, "one", 3);
		t_write(was.fd, "three", 5);
	} else {
		EXPECT_EQ(fcntl(was.fd, F_SETPIPE_SZ, 1 << 18), 1 << 18);
		was.data = t_fill_mem(bytes, sizeof(bytes));
		EXPECT_EQ(write(was.fd, bytes, sizeof(bytes)), sizeof(bytes));
	}
}

static void check(void)
{
	char got[100] = "";

	switch (variant->arg) {
	case PACKETS:
		EXPECT_EQ(fcntl(was.fd, F_GETFL) & O_DIRECT, O_DIRECT);
		EXPECT_EQ(read(was.fd, got, sizeof(got)), 3);
		EXPECT_EQ(read(was.fd, got, 2), 2);
		EXPECT_ERRNO(read(was.fd, got, sizeof(got)), EAGAIN);
		break;
	case CAPACITY:
		EXPECT_EQ(fcntl(was.fd, F_GETPIPE_SZ), 1 << 18);
		EXPECT_ERRNO(write(was.fd, "x", 1), EAGAIN);
		EXPECT_DATA(was.fd, &was.data);
		break;
	case OPENING:
		t_wait_syscall(was.child, SYS_openat);
		EXPECT_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
		was.fd = SYS(open("fifo", O_RDONLY | O_NONBLOCK));
		t_read(was.fd, got, 6);
		EXPECT_STR(got, "opened");
		t_join(was.child);
		break;
	}
}

ZDTM_TEST = {
	.doc = "a fifo keeps packets, capacity and who waits to open it",
	.object = "fifo",
	/* So that the pages in other pipes of this user, of whatever test, do not count. */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.variants =
		VARIANTS({ "packets", PACKETS }, { "capacity", CAPACITY }, { "opening", OPENING }),
	.setup = setup,
	.check = check,
};
