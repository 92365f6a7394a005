// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches on a file and a directory that are gone but for a descriptor: with that go the watches,
 * after the events that tell of it.
 */
#include <sys/inotify.h>

#include "zdtm.h"

enum { FILE_, DIRECTORY };

static struct {
	int fd, wd, victim;
} was;

static void setup(void)
{
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	if (variant->arg == DIRECTORY) {
		SYS(mkdir("victim", 0700));
		was.victim = SYS(open("victim", O_RDONLY | O_DIRECTORY));
	} else {
		was.victim = SYS(open("victim", O_CREAT | O_RDWR, 0600));
	}
	was.wd = SYS(
		inotify_add_watch(was.fd, "victim", IN_DELETE_SELF | IN_MODIFY | IN_CLOSE_NOWRITE));
	if (variant->arg == DIRECTORY)
		SYS(rmdir("victim"));
	else
		SYS(unlink("victim"));
}

static void check(void)
{
	struct t_mark now;

	EXPECT_NO_NOTICE(was.fd);
	EXPECT_EQ(t_marks(was.fd, &now, 1), 1);
	EXPECT_EQ(now.wd, was.wd);
	if (variant->arg == FILE_) {
		t_write(was.victim, "a", 1);
		EXPECT_NOTICE(was.fd, was.wd, IN_MODIFY, "");
	}
	SYS(close(was.victim));
	if (variant->arg == DIRECTORY)
		EXPECT_NOTICE(was.fd, was.wd, IN_CLOSE_NOWRITE | IN_ISDIR, "");
	EXPECT_NOTICE(was.fd, was.wd, IN_DELETE_SELF, "");
	EXPECT_NOTICE(was.fd, was.wd, IN_IGNORED, "");
	EXPECT_NO_NOTICE(was.fd);
	EXPECT_EQ(t_marks(was.fd, &now, 1), 0);
}

ZDTM_TEST = {
	.doc = "watches on what is gone but for a descriptor end with it",
	.object = "inotify",
	.needs = LIST("inotify.fdinfo"),
	.variants = VARIANTS({ "file", FILE_ }, { "directory", DIRECTORY }),
	.engine = LIST("--link-remap"), /* criu: makes a name for the file */
	.setup = setup,
	.check = check,
};
