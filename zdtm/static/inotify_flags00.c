// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches with something special: one that ends with its first event, one that ignores files
 * without a name, one added to, one on a symbolic link itself. Their numbers are not all there
 * are: some were given back, and the next is one that nobody had. criu 4.2 forgets IN_ONESHOT.
 */
#include <sys/inotify.h>

#include "zdtm.h"

enum { ONESHOT, EXCL, ADDED, LINK, PLAIN, N };

static const char *const names[] = { "oneshot", "excl", "added", "link", "plain" };

static struct {
	int fd, wd[N], file[2];
	struct t_mark mark[N];
} was;

static int watch(const char *path, uint32_t mask)
{
	return SYS(inotify_add_watch(was.fd, path, mask));
}

static void setup(void)
{
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	for (int i = 0; i < N; i++)
		if (i != LINK)
			SYS(mkdir(names[i], 0700));
	SYS(symlink("plain", "link"));
	was.wd[ONESHOT] = watch("oneshot", IN_CREATE | IN_ONESHOT);
	SYS(inotify_rm_watch(was.fd, watch("/", IN_OPEN)));
	was.wd[EXCL] = watch("excl", IN_MODIFY | IN_EXCL_UNLINK | IN_ONLYDIR);
	was.wd[ADDED] = watch("added", IN_CREATE);
	EXPECT_EQ(watch("added", IN_DELETE | IN_MASK_ADD), was.wd[ADDED]);
	for (int i = 0; i < 3; i++)
		SYS(inotify_rm_watch(was.fd, watch("/", IN_OPEN)));
	was.wd[LINK] = watch("link", IN_ATTRIB | IN_DELETE_SELF | IN_DONT_FOLLOW);
	was.wd[PLAIN] = watch("plain", IN_MODIFY);
	for (int i = 0; i < 4; i++)
		EXPECT_NOTICE(was.fd, i ? was.wd[ADDED] + i : 2, IN_IGNORED, "");
	was.file[0] = SYS(open("excl/file", O_CREAT | O_WRONLY, 0600));
	was.file[1] = SYS(open("plain/file", O_CREAT | O_WRONLY, 0600));
	SYS(unlink("excl/file"));
	SYS(unlink("plain/file"));
	EXPECT_EQ(t_marks(was.fd, was.mark, N), N);
}

static void check(void)
{
	struct t_mark now[N];
	int next;

	EXPECT_NO_NOTICE(was.fd);
	EXPECT_EQ(t_marks(was.fd, now, N), N);
	for (int i = 0; i < N; i++) {
		EXPECT_EQ(now[i].wd, was.mark[i].wd);
		EXPECT_EQ(now[i].mask, was.mark[i].mask);
		EXPECT_EQ(now[i].ino, was.mark[i].ino);
	}

	SYS(mkdir("oneshot/a", 0700));
	EXPECT_NOTICE(was.fd, was.wd[ONESHOT], IN_CREATE | IN_ISDIR, "a");
	EXPECT_NOTICE(was.fd, was.wd[ONESHOT], IN_IGNORED, "");
	SYS(mkdir("oneshot/b", 0700));

	t_write(was.file[0], "a", 1);
	EXPECT_NO_NOTICE(was.fd);
	t_write(was.file[1], "a", 1);
	EXPECT_NOTICE(was.fd, was.wd[PLAIN], IN_MODIFY, "file");

	SYS(mkdir("added/a", 0700));
	EXPECT_NOTICE(was.fd, was.wd[ADDED], IN_CREATE | IN_ISDIR, "a");
	SYS(rmdir("added/a"));
	EXPECT_NOTICE(was.fd, was.wd[ADDED], IN_DELETE | IN_ISDIR, "a");

	SYS(unlink("link"));
	EXPECT_NOTICE(was.fd, was.wd[LINK], IN_ATTRIB, "");
	EXPECT_NOTICE(was.fd, was.wd[LINK], IN_DELETE_SELF, "");
	EXPECT_NOTICE(was.fd, was.wd[LINK], IN_IGNORED, "");
	EXPECT_NO_NOTICE(was.fd);

	next = watch("/", IN_OPEN);
	EXPECT_GT(next, was.wd[PLAIN]);
}

ZDTM_TEST = {
	.doc = "watches of an inotify keep their flags and numbers",
	.object = "inotify",
	.needs = LIST("inotify.fdinfo", "inotify.next_wd"),
	.setup = setup,
	.check = check,
};
