// SPDX-License-Identifier: GPL-2.0-only
/*
 * O_TMPFILE with O_EXCL is the promise that the file never gets a name. The kernel does not show who
 * has made it, and to try would break it.
 */
#include "zdtm.h"

static struct {
	int fd;
} was;

static void setup(void)
{
	was.fd = SYS(open(".", O_RDWR | O_TMPFILE | O_EXCL, 0600));
}

static void check(void)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", was.fd);
	EXPECT_ERRNO(linkat(AT_FDCWD, path, AT_FDCWD, "born", AT_SYMLINK_FOLLOW), ENOENT);
}

ZDTM_TEST = {
	.doc = "a file that may never have a name still may not",
	.object = "regfile",
	.demand = REPORT,
	.setup = setup,
	.check = check,
};
