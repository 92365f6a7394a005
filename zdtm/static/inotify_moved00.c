// SPDX-License-Identifier: GPL-2.0-only
/*
 * A watch is on a file, not on a name: the file was renamed since, or has lost the name it was
 * watched by but has another; or another file has taken its name. A directory above was renamed.
 */
#include <sys/inotify.h>

#include "zdtm.h"

enum { RENAMED, OTHER_NAME, REPLACED, DIRECTORY };

static struct {
	int fd, wd;
	const char *now;
} was;

static void touch(const char *name)
{
	SYS(close(SYS(open(name, O_CREAT | O_WRONLY, 0600))));
}

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	touch("dir/file");
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	was.wd = SYS(inotify_add_watch(was.fd, "dir/file", IN_MODIFY));
	was.now = "other";
	switch (variant->arg) {
	case OTHER_NAME:
		SYS(link("dir/file", "other"));
		SYS(unlink("dir/file"));
		break;
	case DIRECTORY:
		SYS(rename("dir", "moved"));
		was.now = "moved/file";
		break;
	default:
		SYS(rename("dir/file", "other"));
	}
	if (variant->arg == REPLACED)
		touch("dir/file");
}

static void check(void)
{
	int fd;

	EXPECT_NO_NOTICE(was.fd);
	if (variant->arg == REPLACED) {
		fd = SYS(open("dir/file", O_WRONLY));
		t_write(fd, "a", 1);
		EXPECT_NO_NOTICE(was.fd);
	}
	fd = SYS(open(was.now, O_WRONLY));
	t_write(fd, "a", 1);
	EXPECT_NOTICE(was.fd, was.wd, IN_MODIFY, "");
	EXPECT_NO_NOTICE(was.fd);
}

ZDTM_TEST = {
	.doc = "an inotify watches files, not names",
	.object = "inotify",
	.variants = VARIANTS({ "renamed", RENAMED }, { "other_name", OTHER_NAME },
			     { "replaced", REPLACED }, { "directory", DIRECTORY }),
	.setup = setup,
	.check = check,
};
