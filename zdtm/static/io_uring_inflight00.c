// SPDX-License-Identifier: GPL-2.0-only
/*
 * What io_uring has been asked for and has not done yet: to read from an empty pipe, by itself or by a
 * thread of the kernel's that waits there; to tell when a time is over. It is done, or the dump is
 * refused.
 */
#include <linux/time_types.h>

#include "ring.h"

enum { READ, WORKER, TIMEOUT }; /* variant->arg */

#define TAG 77

static struct {
	struct ring ring;
	int pipe[2];
	char byte;
} was;

static void setup(void)
{
	struct __kernel_timespec later = { .tv_sec = 1 };
	struct io_uring_sqe read = {
		.opcode = IORING_OP_READ,
		.flags = variant->arg == WORKER ? IOSQE_ASYNC : 0,
		.addr = (uintptr_t)&was.byte,
		.len = 1,
		.user_data = TAG,
	};

	ring_open(&was.ring, 0);
	SYS(pipe(was.pipe));
	read.fd = was.pipe[0];
	ring_submit(&was.ring, variant->arg != TIMEOUT
				       ? read
				       : (struct io_uring_sqe){ .opcode = IORING_OP_TIMEOUT,
								.addr = (uintptr_t)&later,
								.len = 1,
								.user_data = TAG });
	EXPECT(!ring_has_event(&was.ring));
}

static void check(void)
{
	struct ring_answer answer;

	if (variant->arg != TIMEOUT)
		t_write(was.pipe[1], "x", 1);
	answer = ring_take(&was.ring);
	EXPECT_EQ(answer.user_data, TAG);
	/* Before 5.12 any stop ends what a worker waits for. */
	if (variant->arg == WORKER && answer.res == -EINTR)
		return;
	EXPECT_EQ(answer.res, variant->arg == TIMEOUT ? -ETIME : 1);
	if (variant->arg != TIMEOUT)
		EXPECT_EQ(was.byte, 'x');
}

ZDTM_TEST = {
	.doc = "what io_uring was asked for is done, or the dump is refused",
	.object = "io_uring",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "read", READ }, { "worker", WORKER }, { "timeout", TIMEOUT }),
	.setup = setup,
	.check = check,
};
