// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that wait for an event of native AIO without a time limit, in the two calls there are for that:
 * one the kernel ends with EINTR at any stop, the other it repeats. Neither comes back before there is
 * an event. criu 4.2 does not look.
 */
#include <linux/aio_abi.h>

#include "zdtm.h"

enum { PLAIN, MASK }; /* variant->arg */

#define TAG  77
#define SIZE 100

static struct {
	aio_context_t ctx;
	pthread_t thread;
	pid_t tid;
	int fd;
	char to[SIZE];
	struct blob data;
	bool may_wake;
} was;

static void waits(long unused)
{
	struct io_event event = {};

	was.tid = gettid();
	t_wake(0);
	if (variant->arg == MASK)
		EXPECT_EQ(SYS(syscall(SYS_io_pgetevents, was.ctx, 1, 1, &event, NULL, NULL)), 1);
	else
		EXPECT_EQ(SYS(syscall(SYS_io_getevents, was.ctx, 1, 1, &event, NULL)), 1);
	EXPECT(was.may_wake);
	EXPECT_EQ(event.data, TAG);
	EXPECT_EQ(event.res, SIZE);
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, SIZE);
	SYS(syscall(SYS_io_setup, 1, &was.ctx));
	was.thread = t_thread(waits, 0);
	t_wait(0);
	t_wait_syscall(was.tid, variant->arg == MASK ? SYS_io_pgetevents : SYS_io_getevents);
}

static void check(void)
{
	struct iocb read = {
		.aio_data = TAG,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = was.fd,
		.aio_buf = (uintptr_t)was.to,
		.aio_nbytes = SIZE,
	};
	struct iocb *list[] = { &read };

	t_wait_state(was.tid, 'S');
	was.may_wake = true;
	EXPECT_EQ(SYS(syscall(SYS_io_submit, was.ctx, 1, list)), 1);
	t_thread_join(was.thread);
	EXPECT_MEM_IS(was.to, &was.data);
}

ZDTM_TEST = {
	.doc = "who waited for an event of native AIO still does, until there is one",
	.object = "aio",
	.variants = VARIANTS({ "plain", PLAIN }, { "mask", MASK }),
	.setup = setup,
	.check = check,
};
