// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request of native AIO that is not done yet: to tell, by an eventfd too, when there is something in
 * a pipe. It is done when there is. No engine can see that there is such a request, so it may be lost.
 */
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

#define TAG 77

static struct {
	aio_context_t ctx;
	int pipe[2], event;
} was;

static void setup(void)
{
	struct iocb poll = {
		.aio_data = TAG,
		.aio_lio_opcode = 5, /* IOCB_CMD_POLL, since 4.18 */
		.aio_buf = POLLIN,
		.aio_flags = IOCB_FLAG_RESFD,
	};
	struct iocb *list[] = { &poll };

	SYS(pipe(was.pipe));
	was.event = SYS(eventfd(0, EFD_NONBLOCK));
	poll.aio_fildes = was.pipe[0];
	poll.aio_resfd = was.event;
	SYS(syscall(SYS_io_setup, 4, &was.ctx));
	EXPECT_EQ(SYS(syscall(SYS_io_submit, was.ctx, 1, list)), 1);
}

static void check(void)
{
	struct timespec patience = { .tv_sec = 1 };
	struct io_event event = {};
	uint64_t count = 0;

	EXPECT_ERRNO(read(was.event, &count, sizeof(count)), EAGAIN);
	t_write(was.pipe[1], "x", 1);
	EXPECT_EQ(syscall(SYS_io_getevents, was.ctx, 1, 1, &event, &patience), 1);
	EXPECT_EQ(event.data, TAG);
	EXPECT(event.res & POLLIN);
	EXPECT_EQ(read(was.event, &count, sizeof(count)), sizeof(count));
	EXPECT_EQ(count, 1);
	SYS(syscall(SYS_io_destroy, was.ctx));
}

ZDTM_TEST = {
	.doc = "what native AIO was asked for is done, and told",
	.object = "aio",
	.demand = REPORT,
	.setup = setup,
	.check = check,
};
