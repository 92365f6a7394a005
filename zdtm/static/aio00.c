// SPDX-License-Identifier: GPL-2.0-only
/*
 * A context of native AIO, known by the address of the ring it completes into. Idle it has nothing to
 * tell; with an event nobody has fetched yet it has that one, once. Both can be used again.
 */
#include <linux/aio_abi.h>
#include <time.h>

#include "zdtm.h"

enum { IDLE, UNREAD };

#define SIZE 100

static struct {
	aio_context_t ctx;
	int fd;
	char to[SIZE];
	struct blob data;
} was;

static void submit(uint64_t tag)
{
	struct iocb read = {
		.aio_data = tag,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = was.fd,
		.aio_buf = (uintptr_t)was.to,
		.aio_nbytes = SIZE,
	};
	struct iocb *list[] = { &read };

	EXPECT_EQ(SYS(syscall(SYS_io_submit, was.ctx, 1, list)), 1);
}

static long events(struct io_event *event, long least)
{
	struct timespec patience = { .tv_sec = 3 };

	return syscall(SYS_io_getevents, was.ctx, least, 4, event, least ? &patience : NULL);
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, SIZE);
	SYS(syscall(SYS_io_setup, 4, &was.ctx));
	/* What was read from the page cache is complete when io_submit() returns. */
	if (variant->arg == UNREAD)
		submit(77);
}

static void check(void)
{
	struct io_event event[4];

	EXPECT_EQ(events(event, 0), variant->arg == UNREAD);
	if (variant->arg == UNREAD) {
		EXPECT_EQ(event[0].data, 77);
		EXPECT_EQ(event[0].res, SIZE);
		EXPECT_MEM_IS(was.to, &was.data);
	}
	memset(was.to, 0, SIZE);
	submit(78);
	EXPECT_EQ(events(event, 1), 1);
	EXPECT_EQ(event[0].data, 78);
	EXPECT_MEM_IS(was.to, &was.data);
	SYS(syscall(SYS_io_destroy, was.ctx));
}

ZDTM_TEST = {
	.doc = "a context of native AIO has the events it had, and takes new requests",
	.object = "aio",
	.variants = VARIANTS({ "idle", IDLE }, { "unread", UNREAD }),
	.setup = setup,
	.check = check,
};
