// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child in a time namespace of its own, where it is much later; or a task that has asked for such
 * a one for its children and has none yet.
 */
#include <sched.h>
#include <time.h>

#include "zdtm.h"

#define LATER 1000000 /* seconds */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

enum { LIVES, FOR_CHILDREN }; /* variant->arg */
enum { READY, GO };

static struct {
	struct timespec now;
	pid_t child;
} was;

static void expect_offset(time_t offset)
{
	struct timespec now;

	SYS(clock_gettime(CLOCK_MONOTONIC, &now));
	EXPECT_GE(now.tv_sec, was.now.tv_sec + offset);
	EXPECT_LT(now.tv_sec, was.now.tv_sec + offset + 1000);
}

static void is_later(long unused)
{
	t_wake(READY);
	t_wait(GO);
	expect_offset(LATER);
}

static void setup(void)
{
	char offset[64];
	int fd;

	SYS(clock_gettime(CLOCK_MONOTONIC, &was.now));
	SYS(unshare(CLONE_NEWTIME));
	fd = SYS(open("/proc/self/timens_offsets", O_WRONLY));
	snprintf(offset, sizeof(offset), "monotonic %d 0\n", LATER);
	t_write(fd, offset, strlen(offset));
	SYS(close(fd));
	if (variant->arg == FOR_CHILDREN)
		return;
	was.child = t_fork(is_later, 0);
	t_wait(READY);
}

static void check(void)
{
	expect_offset(0);
	if (variant->arg == FOR_CHILDREN)
		was.child = t_fork(is_later, 0);
	t_wake(GO);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a time namespace inside, and one that is still to come, are as late as before",
	.object = "time_namespace",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_SYS_TIME), /* unshare(), and the offset */
	.variants = VARIANTS({ "lives", LIVES, .known_as = "static/timens_offsets00" },
			     { "for_children", FOR_CHILDREN }),
	.setup = setup,
	.check = check,
};
