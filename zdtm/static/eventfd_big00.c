// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts of more than 32 bits, which is as much as eventfd(2) takes to begin with, and the highest
 * there is, at which nobody can write. Criu 4.2 keeps the lower 32 bits.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

static const uint64_t counts[] = { UINT64_C(1) << 32, 0x123456789abcdef, UINT64_MAX - 1 };
#define N 3

static int fds[N];

static void setup(void)
{
	for (int i = 0; i < N; i++) {
		fds[i] = SYS(eventfd(0, EFD_NONBLOCK));
		t_write(fds[i], &counts[i], sizeof(counts[i]));
	}
}

static void check(void)
{
	uint64_t one = 1, got;

	EXPECT_EQ(t_ready(fds[N - 1], POLLIN | POLLOUT), POLLIN);
	EXPECT_ERRNO(write(fds[N - 1], &one, sizeof(one)), EAGAIN);
	for (int i = 0; i < N; i++) {
		t_read(fds[i], &got, sizeof(got));
		EXPECT_EQ(got, counts[i]);
		EXPECT_EQ(t_ready(fds[i], POLLIN | POLLOUT), POLLOUT);
	}
}

ZDTM_TEST = {
	.doc = "an eventfd counts in 64 bits",
	.object = "eventfd",
	.setup = setup,
	.check = check,
};
