// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nice values at both ends of the range and in between, and what their owners' children inherit.
 */
#include <sys/resource.h>

#include "zdtm.h"

static const int values[] = { -20, 19, 1 };

#define CHILDREN 3

enum { READY, GO };

static pid_t children[CHILDREN];
static int own;

static void inherits(long value)
{
	EXPECT_EQ(getpriority(PRIO_PROCESS, 0), value);
}

static void child(long value)
{
	SYS(setpriority(PRIO_PROCESS, 0, value));
	t_wake(READY);
	t_wait(GO);
	t_join(t_fork(inherits, value));
}

static void setup(void)
{
	own = getpriority(PRIO_PROCESS, 0);
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = t_fork(child, values[i]);
		t_wait(READY);
	}
}

static void check(void)
{
	EXPECT_EQ(getpriority(PRIO_PROCESS, 0), own);
	for (int i = 0; i < CHILDREN; i++)
		EXPECT_EQ(getpriority(PRIO_PROCESS, children[i]), values[i]);
	for (int i = 0; i < CHILDREN; i++)
		t_wake(GO);
	for (int i = 0; i < CHILDREN; i++)
		t_join(children[i]);
}

ZDTM_TEST = {
	.doc = "tasks keep their nice values, and hand them on",
	.object = "sched",
	.caps = CAP_BIT(CAP_SYS_NICE), /* nice -20 */
	.setup = setup,
	.check = check,
};
