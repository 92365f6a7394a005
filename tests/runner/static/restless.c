// SPDX-License-Identifier: GPL-2.0-only
/* A static test that does not sit still: its author should hear of it. */
#include "zdtm.h"

static void keep_making_files(long unused)
{
	char name[32];

	for (int i = 0;; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		SYS(close(SYS(open(name, O_CREAT | O_WRONLY, 0600))));
		if (i == 1)
			t_wake(0);
	}
}

static void setup(void)
{
	t_fork(keep_making_files, 0);
	t_wait(0);
}

static void check(void)
{
}

ZDTM_TEST = {
	.doc = "makes one file after the other",
	.setup = setup,
	.check = check,
};
