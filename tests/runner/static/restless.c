// SPDX-License-Identifier: GPL-2.0-only
/* A static test that does not sit still: its author should hear of it. */
#include "zdtm.h"

#define LOWEST 10
#define FDS    900

static void keep_moving(long unused)
{
	int old = 0;

	for (int i = 0;; i++) {
		int fd = SYS(dup2(old, LOWEST + i % FDS));

		if (old)
			SYS(close(old));
		old = fd;
		if (i == 1)
			t_wake(0);
	}
}

static void setup(void)
{
	t_fork(keep_moving, 0);
	t_wait(0);
}

static void check(void)
{
}

ZDTM_TEST = {
	.doc = "has a descriptor that never keeps its number",
	.setup = setup,
	.check = check,
};
