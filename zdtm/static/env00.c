// SPDX-License-Identifier: GPL-2.0-only
/*
 * The environment: the variable set here lies on the heap, the one we were started with in the area
 * that /proc/PID/environ shows, whose bounds are part of the mm.
 */
#include "zdtm.h"

static struct {
	char *environ;
} was;

static void setup(void)
{
	SYS(setenv("ZDTM_ENV00", "something to remember", 1));
	was.environ = t_slurp("/proc/self/environ");
	EXPECT_NE(was.environ[0], 0);
}

static void check(void)
{
	char *now = t_slurp("/proc/self/environ");

	EXPECT_STR(getenv("ZDTM_ENV00"), "something to remember");
	EXPECT_STR(now, was.environ);
	free(now);
}

ZDTM_TEST = {
	.doc = "environment variables, and the area /proc/PID/environ shows",
	.object = "mm",
	.setup = setup,
	.check = check,
};
