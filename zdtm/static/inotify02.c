// SPDX-License-Identifier: GPL-2.0-only
/* One inotify with watches on 64 directories: each tells of its own. */
#include <sys/inotify.h>

#include "zdtm.h"

#define DIRS 64

static struct {
	int fd, wd[DIRS];
	struct t_mark mark[DIRS];
} was;

static const char *name_of(int i, const char *below)
{
	static char name[32];

	snprintf(name, sizeof(name), "dir%d%s", i, below);
	return name;
}

static void setup(void)
{
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	for (int i = 0; i < DIRS; i++) {
		SYS(mkdir(name_of(i, ""), 0700));
		was.wd[i] = SYS(inotify_add_watch(was.fd, name_of(i, ""), IN_CREATE));
	}
	EXPECT_EQ(t_marks(was.fd, was.mark, DIRS), DIRS);
}

static void check(void)
{
	struct t_mark now[DIRS];

	EXPECT_EQ(t_marks(was.fd, now, DIRS), DIRS);
	for (int i = 0; i < DIRS; i++) {
		EXPECT_EQ(now[i].wd, was.mark[i].wd);
		EXPECT_EQ(now[i].mask, was.mark[i].mask);
		EXPECT_EQ(now[i].ino, was.mark[i].ino);
	}
	for (int i = DIRS - 1; i >= 0; i--) {
		SYS(mkdir(name_of(i, "/below"), 0700));
		EXPECT_NOTICE(was.fd, was.wd[i], IN_CREATE | IN_ISDIR, "below");
	}
	EXPECT_NO_NOTICE(was.fd);
}

ZDTM_TEST = {
	.doc = "an inotify keeps many watches",
	.object = "inotify",
	.needs = LIST("inotify.fdinfo"),
	.setup = setup,
	.check = check,
};
