// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two inotifies watch for everything on one file, which nobody has open: no event is left by
 * whoever looked the file up to watch it again.
 */
#include <sys/inotify.h>

#include "zdtm.h"

static int fds[2], wds[2];

static void setup(void)
{
	SYS(close(SYS(open("file", O_CREAT | O_WRONLY, 0600))));
	for (int i = 0; i < 2; i++) {
		fds[i] = SYS(inotify_init1(IN_NONBLOCK));
		wds[i] = SYS(inotify_add_watch(fds[i], "file", IN_ALL_EVENTS));
	}
}

static void check(void)
{
	for (int i = 0; i < 2; i++)
		EXPECT_NO_NOTICE(fds[i]);
	SYS(chmod("file", 0640));
	for (int i = 0; i < 2; i++) {
		EXPECT_NOTICE(fds[i], wds[i], IN_ATTRIB, "");
		EXPECT_NO_NOTICE(fds[i]);
	}
}

ZDTM_TEST = {
	.doc = "inotifies see nothing of being restored",
	.object = "inotify",
	.needs = LIST("inotify.fdinfo"),
	.setup = setup,
	.check = check,
};
