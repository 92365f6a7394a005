// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that waits in io_uring_enter() for what was asked for. The kernel ends that with EINTR at any
 * stop: at that of a dump that is refused, too. criu 4.2 refuses io_uring, and it comes to that.
 */
#include "ring.h"

#define TAG 77

static struct {
	struct ring ring;
	pthread_t thread;
	pid_t tid;
	int pipe[2];
	char byte;
	bool may_wake;
} was;

static void waits(long unused)
{
	was.tid = gettid();
	t_wake(0);
	SYS(syscall(SYS_io_uring_enter, was.ring.fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	EXPECT(was.may_wake);
}

static void setup(void)
{
	ring_open(&was.ring, 0);
	SYS(pipe(was.pipe));
	ring_submit(&was.ring, (struct io_uring_sqe){ .opcode = IORING_OP_READ,
						      .fd = was.pipe[0],
						      .addr = (uintptr_t)&was.byte,
						      .len = 1,
						      .user_data = TAG });
	was.thread = t_thread(waits, 0);
	t_wait(0);
	t_wait_syscall(was.tid, SYS_io_uring_enter);
}

static void check(void)
{
	struct ring_answer answer;

	t_wait_state(was.tid, 'S');
	was.may_wake = true;
	t_write(was.pipe[1], "x", 1);
	t_thread_join(was.thread);
	answer = ring_take(&was.ring);
	EXPECT_EQ(answer.user_data, TAG);
	EXPECT_EQ(answer.res, 1);
	EXPECT_EQ(was.byte, 'x');
}

ZDTM_TEST = {
	.doc = "who waits for io_uring still does, or the dump is refused",
	.object = "io_uring",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
