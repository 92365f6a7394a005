// SPDX-License-Identifier: GPL-2.0-only
/* An inotify with a thousand watches. */
#include <sys/inotify.h>

#include "zdtm.h"

#define WATCHES 1000

static struct {
	int fd, wd[WATCHES];
} was;

static void setup(void)
{
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	for (int i = 0; i < WATCHES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "dir%d", i);
		SYS(mkdir(name, 0700));
		was.wd[i] = SYS(inotify_add_watch(was.fd, name, IN_CREATE));
	}
}

static void check(void)
{
	for (int i = 0; i < WATCHES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "dir%d/new", i);
		SYS(mkdir(name, 0700));
		EXPECT_NOTICE(was.fd, was.wd[i], IN_CREATE | IN_ISDIR, "new");
	}
	EXPECT_NO_NOTICE(was.fd);
}

ZDTM_TEST = {
	.doc = "an inotify with many watches",
	.object = "inotify",
	.flavors = ZDTM_HOST,
	.timeout = 120,
	.setup = setup,
	.check = check,
};
