// SPDX-License-Identifier: GPL-2.0-only
/*
 * An inotify watches a directory and a file in it that is open but has lost its name. What was
 * told of that has been read. Closing the file is told, and what is made in its place.
 */
#include <sys/inotify.h>

#include "zdtm.h"

#define MASK (IN_CREATE | IN_CLOSE_WRITE)

static struct {
	int fd, file, dir_wd, file_wd;
} was;

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	was.dir_wd = SYS(inotify_add_watch(was.fd, "dir", MASK));
	was.file = SYS(open("dir/file", O_CREAT | O_WRONLY, 0600));
	was.file_wd = SYS(inotify_add_watch(was.fd, "dir/file", MASK));
	SYS(unlink("dir/file"));
	EXPECT_NOTICE(was.fd, was.dir_wd, IN_CREATE, "file");
}

static void check(void)
{
	EXPECT_NO_NOTICE(was.fd);
	SYS(close(was.file));
	EXPECT_NOTICE(was.fd, was.dir_wd, IN_CLOSE_WRITE, "file");
	EXPECT_NOTICE(was.fd, was.file_wd, IN_CLOSE_WRITE, "");
	EXPECT_NOTICE(was.fd, was.file_wd, IN_IGNORED, "");
	EXPECT_NO_NOTICE(was.fd);
	was.file = SYS(open("dir/file", O_CREAT | O_WRONLY, 0600));
	EXPECT_NOTICE(was.fd, was.dir_wd, IN_CREATE, "file");
	SYS(close(was.file));
	EXPECT_NOTICE(was.fd, was.dir_wd, IN_CLOSE_WRITE, "file");
	EXPECT_NO_NOTICE(was.fd);
}

ZDTM_TEST = {
	.doc = "an inotify watches a directory, and a file without a name",
	.object = "inotify",
	.needs = LIST("inotify.fdinfo"),
	.engine = LIST("--link-remap"), /* criu: makes a name for the file */
	.setup = setup,
	.check = check,
};
