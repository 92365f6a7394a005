// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that wake the machine from suspend, for which a task needs CAP_WAKE_ALARM; the one that
 * goes on is periodic. criu 4.2 refuses them.
 */
#include <sys/timerfd.h>
#include <time.h>

#include "zdtm.h"

static const clockid_t clocks[] = { CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM };
#define N 2

static int fds[N];

static void setup(void)
{
	struct itimerspec set = { .it_value = { 5000, 0 }, .it_interval = { 7, 8 } };

	for (int i = 0; i < N; i++) {
		fds[i] = timerfd_create(clocks[i], 0);
		if (fds[i] < 0 && errno == EINVAL)
			t_skip("no clock %d", clocks[i]);
		SYS(fds[i]);
		SYS(timerfd_settime(fds[i], 0, &set, NULL));
	}
}

static void check(void)
{
	for (int i = 0; i < N; i++) {
		struct itimerspec left;
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fds[i]);
		EXPECT_EQ(t_field_num(path, "clockid", 10), clocks[i]);
		SYS(timerfd_gettime(fds[i], &left));
		EXPECT_LE(left.it_value.tv_sec, 5000);
		EXPECT_GT(left.it_value.tv_sec, 4900);
		EXPECT_EQ(left.it_interval.tv_sec, 7);
		EXPECT_EQ(left.it_interval.tv_nsec, 8);
	}
}

ZDTM_TEST = {
	.doc = "timers that wake the machine still do",
	.object = "timerfd",
	.flavors = ZDTM_HOST | ZDTM_NS, /* the capability must be of the initial user namespace */
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_WAKE_ALARM), /* timerfd_create() */
	.setup = setup,
	.check = check,
};
