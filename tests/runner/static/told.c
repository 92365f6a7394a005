// SPDX-License-Identifier: GPL-2.0-only
/* Notices when the sham engine that restored it was told something other than it had written. */
#include "zdtm.h"

static void setup(void)
{
	int fd = open("told", O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return;
	SYS(write(fd, "7\n", 2));
	SYS(close(fd));
}

static void check(void)
{
	FILE *f = fopen("told", "r");
	int number = 0;

	EXPECT(f);
	EXPECT_EQ(fscanf(f, "%d", &number), 1);
	EXPECT_EQ(number, 7);
	fclose(f);
}

ZDTM_TEST = {
	.doc = "is told the number that it said",
	.setup = setup,
	.check = check,
};
