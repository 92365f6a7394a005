// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fifo full of bytes whose writer is gone. It cannot be opened for reading alone without waiting
 * for another writer, and no writer may stay: behind the bytes there is the end. It may have lost its
 * name.
 */
#include "zdtm.h"

#define SIZE 65536

static struct {
	int fd;
	struct blob data;
} was;

static void setup(void)
{
	static unsigned char bytes[SIZE];
	int writer;

	SYS(mkfifo("fifo", 0640));
	was.fd = SYS(open("fifo", O_RDONLY | O_NONBLOCK));
	writer = SYS(open("fifo", O_WRONLY));
	was.data = t_fill_mem(bytes, SIZE);
	EXPECT_EQ(write(writer, bytes, SIZE), SIZE);
	SYS(close(writer));
	if (variant->arg)
		SYS(unlink("fifo"));
}

static void check(void)
{
	struct stat st;
	char byte;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode, S_IFIFO | 0640);
	EXPECT_EQ(st.st_nlink, variant->arg ? 0 : 1);
	EXPECT_EQ(access("fifo", F_OK), variant->arg ? -1 : 0);
	EXPECT_EQ(fcntl(was.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
	EXPECT_DATA(was.fd, &was.data);
	EXPECT_EQ(read(was.fd, &byte, 1), 0);
}

ZDTM_TEST = {
	.doc = "a fifo without a writer has what was written, and then ends",
	.object = "fifo",
	/* So that the pages in other pipes of this user, of whatever test, do not count. */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.variants = VARIANTS({ "named", 0 }, { "nameless", 1 }),
	.setup = setup,
	.check = check,
};
