// SPDX-License-Identifier: GPL-2.0-only
/* How an epoll polls network devices itself: EPIOCSPARAMS, since 6.9. criu 4.2 loses that. */
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "zdtm.h"

/* linux/eventpoll.h */
struct params {
	uint32_t usecs;
	uint16_t budget;
	uint8_t prefer, pad;
};
#define SET_PARAMS _IOW(0x8a, 1, struct params)
#define GET_PARAMS _IOR(0x8a, 2, struct params)

static const struct params set = { 2000000000, 16, 1, 0 };

static int some, none;

static void setup(void)
{
	some = SYS(epoll_create1(0));
	none = SYS(epoll_create1(0));
	SYS(ioctl(some, SET_PARAMS, &set));
}

static void check(void)
{
	struct params now, nothing = {};

	SYS(ioctl(some, GET_PARAMS, &now));
	EXPECT_MEM(&now, &set, sizeof(now));
	SYS(ioctl(none, GET_PARAMS, &now));
	EXPECT_MEM(&now, &nothing, sizeof(now));
}

ZDTM_TEST = {
	.doc = "an epoll keeps how it polls network devices",
	.object = "eventpoll",
	.needs = LIST("eventpoll.params"),
	.setup = setup,
	.check = check,
};
