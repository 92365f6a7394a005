// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memfd that a child has inherited and, by way of /proc, opened again for reading: what it
 * inherited shares its parent's offset, the other has one of its own, and all is one file.
 */
#include "zdtm.h"

enum { READY, GO };

static struct {
	int fd;
	pid_t child;
	struct blob data;
} was;

static void child(long unused)
{
	char byte, data[5];
	int own = t_reopen(was.fd, O_RDONLY | O_NONBLOCK), flags;

	SYS(lseek(own, 2, SEEK_SET));
	flags = SYS(fcntl(own, F_GETFL));
	t_wake(READY);
	t_wait(GO);

	EXPECT_EQ(fcntl(own, F_GETFL), flags);
	EXPECT_ERRNO(write(own, "x", 1), EBADF);
	EXPECT(t_same_file(own, was.fd));
	EXPECT_EQ(lseek(own, 0, SEEK_CUR), 2);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 6); /* the parent has written */
	t_blob_copy(&was.data, data);
	for (int i = 2; i < 5; i++) {
		t_read(own, &byte, 1);
		EXPECT_EQ(byte, data[i]);
	}
	t_read(own, &byte, 1);
	EXPECT_EQ(byte, '!');
	EXPECT_EQ(read(own, &byte, 1), 0);
}

static void setup(void)
{
	was.fd = SYS(memfd_create("common", 0));
	was.data = t_fill(was.fd, 5);
	was.child = t_fork(child, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 5);
	t_write(was.fd, "!", 1);
	t_wake(GO);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a memfd that is open twice is one file with two offsets",
	.object = "memfd",
	.setup = setup,
	.check = check,
};
