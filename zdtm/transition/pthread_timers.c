// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer of the C library that calls a function in a thread of its own: behind it are a timer that
 * tells one thread, that thread, and others that come and go. Each call adds to an eventfd.
 */
#include <sys/eventfd.h>
#include <time.h>

#include "zdtm.h"

#define PERIOD 2000000L
#define VALUE  42

static struct {
	int fd;
	timer_t id;
} was;

static void on_timer(union sigval value)
{
	uint64_t one = 1;

	EXPECT_EQ(value.sival_int, VALUE);
	t_write(was.fd, &one, sizeof(one));
}

static uint64_t take(void)
{
	uint64_t n;

	t_read(was.fd, &n, sizeof(n));
	return n;
}

static void setup(void)
{
	const struct itimerspec t = { { 0, PERIOD }, { 0, PERIOD } };
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD,
		.sigev_value.sival_int = VALUE,
		.sigev_notify_function = on_timer,
	};

	was.fd = SYS(eventfd(0, 0));
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &was.id));
	SYS(timer_settime(was.id, 0, &t, NULL));
	take();
}

static void check(void)
{
	struct itimerspec t;

	/* What was added before, and then what is added now. */
	for (int i = 0; i < 4; i++)
		EXPECT_GE(take(), 1);
	SYS(timer_gettime(was.id, &t));
	EXPECT_EQ(t.it_interval.tv_nsec, PERIOD);
	SYS(timer_delete(was.id));
}

ZDTM_TEST = {
	.doc = "a timer that calls a function in a thread goes on calling it",
	.object = "timers",
	.needs = LIST("eventfd.semaphore_flag"),
	.setup = setup,
	.check = check,
};
