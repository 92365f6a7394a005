// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nice value of a session's autogroup, which goes with the session: whoever makes a new one.
 */
#include "zdtm.h"

#define FILE_NAME "/proc/self/autogroup"

static int autogroup_nice(void)
{
	char *text = t_slurp(FILE_NAME);
	int nice = -100;

	EXPECT_EQ(sscanf(text, "/autogroup-%*d nice %d", &nice), 1);
	free(text);
	return nice;
}

static void setup(void)
{
	int fd = open(FILE_NAME, O_WRONLY);

	if (fd < 0)
		t_skip("%s: %s", FILE_NAME, strerror(errno));
	t_write(fd, "5", 1);
	SYS(close(fd));
}

static void check(void)
{
	EXPECT_EQ(autogroup_nice(), 5);
}

ZDTM_TEST = {
	.doc = "the session's autogroup has the nice value it had",
	.object = "sched",
	.demand = REPORT,
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* or the kernel limits how often anybody may write */
	.setup = setup,
	.check = check,
};
