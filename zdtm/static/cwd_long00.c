// SPDX-License-Identifier: GPL-2.0-only
/*
 * A working directory so far down that no path leads there: longer than PATH_MAX, it can be reached
 * only in steps. Who was there is there again, or the dump is refused.
 */
#include <limits.h>

#include "zdtm.h"

#define NAME 250

static void setup(void)
{
	char name[NAME + 1] = "";

	memset(name, 'd', NAME);
	for (int length = 0; length <= PATH_MAX; length += NAME) {
		SYS(mkdir(name, 0700));
		SYS(chdir(name));
	}
	SYS(close(SYS(open("mark", O_CREAT | O_WRONLY, 0600))));
}

static void check(void)
{
	char here[PATH_MAX];

	EXPECT_ERRNO(syscall(SYS_getcwd, here, sizeof(here)), ENAMETOOLONG);
	SYS(access("mark", F_OK));
}

ZDTM_TEST = {
	.doc = "a working directory deeper than any path can say",
	.object = "task",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
