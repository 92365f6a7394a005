// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches on the root of a file system and on a file in it, which is mounted over, so that its
 * path leads elsewhere: unmounting ends them.
 */
#include <sys/inotify.h>
#include <sys/mount.h>

#include "zdtm.h"

static struct {
	int fd, root, file;
} was;

static void setup(void)
{
	SYS(mkdir("mnt", 0700));
	SYS(mount("none", "mnt", "tmpfs", 0, "mode=0777"));
	SYS(close(SYS(open("mnt/file", O_CREAT | O_WRONLY, 0600))));
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	was.root = SYS(inotify_add_watch(was.fd, "mnt", IN_CREATE));
	was.file = SYS(inotify_add_watch(was.fd, "mnt/file", IN_MODIFY));
	if (variant->arg)
		SYS(mount("none", "mnt", "tmpfs", 0, NULL));
}

/* Two events for each watch, in whichever order the kernel comes by the inodes. */
static void expect_ends(void)
{
	struct inotify_event e[5] = {};

	EXPECT_EQ(SYS(read(was.fd, e, sizeof(e))), 4 * sizeof(e[0]));
	EXPECT_EQ(e[0].wd + e[2].wd, was.root + was.file);
	for (int i = 0; i < 4; i += 2) {
		EXPECT_EQ(e[i].mask, IN_UNMOUNT | (e[i].wd == was.root ? IN_ISDIR : 0));
		EXPECT_EQ(e[i + 1].mask, IN_IGNORED);
		EXPECT_EQ(e[i + 1].wd, e[i].wd);
	}
}

static void check(void)
{
	EXPECT_NO_NOTICE(was.fd);
	if (variant->arg)
		SYS(umount("mnt"));
	SYS(mkdir("mnt/dir", 0700));
	EXPECT_NOTICE(was.fd, was.root, IN_CREATE | IN_ISDIR, "dir");
	SYS(umount("mnt"));
	EXPECT_EQ(t_marks(was.fd, NULL, 0), 0);
	expect_ends();
}

ZDTM_TEST = {
	.doc = "watches on a file system end when it is unmounted",
	.object = "inotify",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* mount() */
	.variants =
		VARIANTS({ "visible", false }, { "mounted_over", true, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
