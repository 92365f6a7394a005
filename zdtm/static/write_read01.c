// SPDX-License-Identifier: GPL-2.0-only
/* A file half read, or half written: what comes next is the other half. */
#include "zdtm.h"

enum { READING, WRITING };

#define SIZE (300 * 1000)

static struct {
	int fd;
	struct blob data;
	char bytes[SIZE];
} was;

static void setup(void)
{
	static char half[SIZE / 2];

	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	if (variant->arg == READING) {
		was.data = t_fill(was.fd, SIZE);
		SYS(close(was.fd));
		was.fd = SYS(open("file", O_RDONLY));
		t_read(was.fd, half, SIZE / 2);
	} else {
		SYS(close(was.fd));
		was.fd = SYS(open("file", O_WRONLY));
		was.data = t_fill_mem(was.bytes, SIZE);
		was.data.at = 0;
		t_write(was.fd, was.bytes, SIZE / 2);
	}
}

static void check(void)
{
	char byte;

	EXPECT_EQ(fcntl(was.fd, F_GETFL) & O_ACCMODE,
		  variant->arg == READING ? O_RDONLY : O_WRONLY);
	if (variant->arg == READING) {
		t_blob_copy(&was.data, was.bytes);
		for (size_t i = SIZE / 2; i < SIZE; i += 1000) {
			char some[1000];

			t_read(was.fd, some, 1000);
			EXPECT_MEM(some, was.bytes + i, 1000);
		}
		EXPECT_EQ(read(was.fd, &byte, 1), 0);
		EXPECT_ERRNO(write(was.fd, "x", 1), EBADF);
	} else {
		t_write(was.fd, was.bytes + SIZE / 2, SIZE / 2);
		EXPECT_ERRNO(read(was.fd, &byte, 1), EBADF);
		EXPECT_DATA(t_reopen(was.fd, O_RDONLY), &was.data);
		EXPECT_EQ(lseek(was.fd, 0, SEEK_END), SIZE);
	}
}

ZDTM_TEST = {
	.doc = "reading or writing a file goes on where it was",
	.object = "regfile",
	.variants = VARIANTS({ "read", READING },
			     { "written", WRITING, .known_as = "static/write_read02" }),
	.setup = setup,
	.check = check,
};
