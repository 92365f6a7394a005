// SPDX-License-Identifier: GPL-2.0-only
/* A static test that does not sit still: its author should hear of it. */
#include "zdtm.h"

static void keep_renaming(long unused)
{
	char old[32] = "file", new[32];

	for (int i = 0;; i++) {
		snprintf(new, sizeof(new), "file%d", i);
		SYS(rename(old, new));
		strcpy(old, new);
		if (i == 1)
			t_wake(0);
	}
}

static void setup(void)
{
	SYS(close(SYS(open("file", O_CREAT | O_WRONLY, 0600))));
	t_fork(keep_renaming, 0);
	t_wait(0);
}

static void check(void)
{
}

ZDTM_TEST = {
	.doc = "has a file that never keeps its name",
	.setup = setup,
	.check = check,
};
