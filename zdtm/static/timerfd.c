// SPDX-License-Identifier: GPL-2.0-only
/*
 * A periodic timer that went off once and was not read: the first time at once, the second in some
 * seconds. What is left until then passes with the clock or stands still, but does not grow.
 */
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

#define PERIOD 20

static struct {
	int fd;
	struct itimerspec left;
} was;

static void setup(void)
{
	struct itimerspec set = { .it_value = { 0, 50000 }, .it_interval = { PERIOD, 123 } };

	was.fd = SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	SYS(timerfd_settime(was.fd, 0, &set, NULL));
	t_await_ready(was.fd, POLLIN);
	SYS(timerfd_gettime(was.fd, &was.left));
}

static void check(void)
{
	struct itimerspec left;
	char path[64];
	uint64_t ticks;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd);
	EXPECT_EQ(t_field_num(path, "clockid", 10), CLOCK_MONOTONIC);
	EXPECT_EQ(t_field_num(path, "settime flags", 8), 0);
	SYS(timerfd_gettime(was.fd, &left));
	EXPECT_EQ(left.it_interval.tv_sec, PERIOD);
	EXPECT_EQ(left.it_interval.tv_nsec, 123);
	EXPECT_LE(left.it_value.tv_sec, was.left.it_value.tv_sec);
	EXPECT_GT(left.it_value.tv_sec * 1000000000 + left.it_value.tv_nsec, 0);
	t_read(was.fd, &ticks, sizeof(ticks));
	EXPECT_EQ(ticks, 1);
	EXPECT_ERRNO(read(was.fd, &ticks, sizeof(ticks)), EAGAIN);
}

ZDTM_TEST = {
	.doc = "a timer keeps its period, what is left of it, and what nobody has read",
	.object = "timerfd",
	.setup = setup,
	.check = check,
};
