// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that shows what it does in its command line: by writing over its arguments, and, when
 * there is no room, on into its environment. The kernel tells the latter by the missing NUL.
 */
#include "zdtm.h"

static const char title[] = "busy: with a title that needs some room";

static struct {
	char *args;
	size_t size;
} was;

static void setup(void)
{
	was.args = (char *)t_stat_num(getpid(), 48);
	was.size = (char *)t_stat_num(getpid(), 49) - was.args;
	if (variant->arg) {
		memset(was.args, '>', was.size);
		strcpy(was.args + was.size, title);
	} else {
		memset(was.args, 0, was.size);
		snprintf(was.args, was.size, "%s", title);
	}
}

static void check(void)
{
	char *now = t_slurp("/proc/self/cmdline");

	EXPECT_STR(now, was.args);
	if (variant->arg)
		EXPECT_STR(now + was.size, title);
	else
		EXPECT_EQ(strncmp(now, title, was.size - 1), 0);
	free(now);
}

ZDTM_TEST = {
	.doc = "a command line that was written over shows what was written",
	.object = "mm",
	.variants = VARIANTS({ "in_place", 0 }, { "into_environ", 1 }),
	.setup = setup,
	.check = check,
};
