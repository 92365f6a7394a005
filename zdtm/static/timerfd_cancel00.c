// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that are to be cancelled when the wall clock is set, armed and not: the flag is in
 * fdinfo. Setting the clock, which is the machine's, is not for a test. But one that was
 * cancelled looks like one that has been given a tick before its time, and of that nobody can
 * know whether its next read is to fail: refcr refuses it.
 */
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

#define FLAGS (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif

static int armed, idle;

static uint64_t flags(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return t_field_num(path, "settime flags", 8);
}

static void setup(void)
{
	struct itimerspec set = {};

	armed = SYS(timerfd_create(CLOCK_REALTIME, 0));
	idle = SYS(timerfd_create(CLOCK_REALTIME, 0));
	SYS(timerfd_settime(idle, FLAGS, &set, NULL));
	set.it_value.tv_sec = time(NULL) + 10000;
	SYS(timerfd_settime(armed, FLAGS, &set, NULL));
	if (variant->arg)
		SYS(ioctl(armed, TFD_IOC_SET_TICKS, &(uint64_t){ 5 }));
}

static void check(void)
{
	struct itimerspec left;

	EXPECT_EQ(flags(armed), FLAGS);
	EXPECT_EQ(flags(idle), FLAGS);
	SYS(timerfd_gettime(armed, &left));
	EXPECT_GT(left.it_value.tv_sec, 9000);
	EXPECT_LE(left.it_value.tv_sec, 10000);
	SYS(timerfd_gettime(idle, &left));
	EXPECT_EQ(left.it_value.tv_sec, 0);
	EXPECT_EQ(left.it_value.tv_nsec, 0);
	if (variant->arg) {
		uint64_t ticks;

		t_read(armed, &ticks, sizeof(ticks));
		EXPECT_EQ(ticks, 5);
	}
}

ZDTM_TEST = {
	.doc = "timers are still cancelled by setting the clock",
	.object = "timerfd",
	.variants = VARIANTS({ "quiet", false }, { "ticked", true, LIST("timerfd.set_ticks"),
						   .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
