// SPDX-License-Identifier: GPL-2.0-only
/* The file mode creation mask: asked back, and applied to a new file. */
#include "zdtm.h"

#define MASK 0143

static void setup(void)
{
	umask(MASK);
}

static void check(void)
{
	struct stat st;

	SYS(close(SYS(open("new", O_CREAT | O_WRONLY, 0777))));
	SYS(stat("new", &st));
	EXPECT_EQ(st.st_mode & 0777, 0777 & ~MASK);
	EXPECT_EQ(umask(0), MASK);
}

ZDTM_TEST = {
	.doc = "the umask is the same, and new files obey it",
	.object = "task",
	.setup = setup,
	.check = check,
};
