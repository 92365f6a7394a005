// SPDX-License-Identifier: GPL-2.0-only
/* An exclusive test. Above its directory are those of all runs that are not over yet. */
#include <dirent.h>

#include "zdtm.h"

static void setup(void)
{
	DIR *dir = SYS_PTR(opendir("../.."));
	struct dirent *d;
	int runs = 0;

	while ((d = readdir(dir)))
		runs += d->d_name[0] != '.';
	closedir(dir);
	EXPECT_EQ(runs, 1);
}

static void check(void)
{
}

ZDTM_TEST = {
	.doc = "runs alone",
	.exclusive = true,
	.setup = setup,
	.check = check,
};
