// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventfds: a counter that a read takes as a whole, or one by one from a semaphore, in all its width
 * of 64 bits: at 2^64 - 2 there is no more room, and above 2^32 it is easily cut.
 *
 * criu 4.2 cuts the counter to 32 bits, and makes a semaphore a counter.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

static const struct {
	uint64_t count;
	int flags;
} kinds[] = {
	{ 90, EFD_NONBLOCK },
	{ 0, EFD_NONBLOCK | EFD_CLOEXEC },
	{ (UINT64_C(5) << 32) + 3, EFD_NONBLOCK },
	{ UINT64_MAX - 1, EFD_NONBLOCK },
	{ 7, EFD_NONBLOCK | EFD_SEMAPHORE },
	{ 0, EFD_NONBLOCK | EFD_SEMAPHORE },
	{ UINT64_MAX - 1, EFD_NONBLOCK | EFD_SEMAPHORE },
	{ 1, 0 },
};

static struct {
	int fd;
} was;

static short events(void)
{
	struct pollfd p = { .fd = was.fd, .events = POLLIN | POLLOUT };

	SYS(poll(&p, 1, 0));
	return p.revents;
}

static void setup(void)
{
	uint64_t third = kinds[variant->arg].count / 3, rest;

	rest = kinds[variant->arg].count - 2 * third;
	was.fd = SYS(eventfd(0, kinds[variant->arg].flags));
	for (int i = 0; i < 3; i++)
		SYS(write(was.fd, i ? &third : &rest, sizeof(rest)));
}

static void check(void)
{
	uint64_t left = kinds[variant->arg].count, step, got;
	int flags = kinds[variant->arg].flags;
	const uint64_t one = 1;

	EXPECT_EQ(fcntl(was.fd, F_GETFL) & O_NONBLOCK, flags & EFD_NONBLOCK);
	EXPECT_EQ(fcntl(was.fd, F_GETFD), flags & EFD_CLOEXEC ? FD_CLOEXEC : 0);
	EXPECT_EQ(events(), (left ? POLLIN : 0) | (left < UINT64_MAX - 1 ? POLLOUT : 0));
	if (left == UINT64_MAX - 1)
		EXPECT_ERRNO(write(was.fd, &one, sizeof(one)), EAGAIN);

	step = flags & EFD_SEMAPHORE ? 1 : left;
	for (int i = 0; left && i < 7; i++, left -= step) {
		SYS(read(was.fd, &got, sizeof(got)));
		EXPECT_EQ(got, step);
	}
	/* Of the largest semaphore there is still something. */
	EXPECT_EQ(events(), (left ? POLLIN : 0) | POLLOUT);
	SYS(fcntl(was.fd, F_SETFL, O_NONBLOCK));
	if (!left)
		EXPECT_ERRNO(read(was.fd, &got, sizeof(got)), EAGAIN);
}

ZDTM_TEST = {
	.doc = "eventfds keep their count, all of it, and whether they are semaphores",
	.object = "eventfd",
	.needs = LIST("eventfd.count", "eventfd.semaphore_flag"),
	.variants = VARIANTS({ "counter", 0 }, { "empty", 1 }, { "above_32_bits", 2 },
			     { "full", 3, .known_as = "static/eventfd_big00" }, { "semaphore", 4 },
			     { "empty_semaphore", 5 }, { "full_semaphore", 6 }, { "blocking", 7 }),
	.setup = setup,
	.check = check,
};
