// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches on a directory, on a file and on a symbolic link itself, and a series of operations on
 * them whose events nobody has read: they are as in a run that was not interrupted. The kernel
 * takes no events back; criu 4.2 drops them.
 */
#include <sys/inotify.h>

#include "zdtm.h"

enum { WHOLE, NO_DELETE };

#define ROOM 4096

static int fds[2]; /* of one kind: the second is read at once */
static struct {
	char events[ROOM];
	ssize_t size;
} was;

static void make(void)
{
	SYS(mkdir("dir", 0700));
	SYS(close(SYS(open("dir/file", O_CREAT | O_WRONLY, 0600))));
	SYS(symlink("file", "dir/link"));
}

static void watch(int fd)
{
	/* Not of its being listed: the runner does that, too. */
	SYS(inotify_add_watch(fd, "dir",
			      IN_ALL_EVENTS & ~(IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE)));
	SYS(inotify_add_watch(fd, "dir/file", IN_ALL_EVENTS));
	SYS(inotify_add_watch(fd, "dir/link", IN_ALL_EVENTS | IN_DONT_FOLLOW));
}

static void operate(void)
{
	char got[4];
	int fd;

	SYS(chmod("dir/file", 0666));
	fd = SYS(open("dir/link", O_RDWR));
	t_write(fd, "text", sizeof(got));
	SYS(lseek(fd, 0, SEEK_SET));
	t_read(fd, got, sizeof(got));
	SYS(close(fd));
	SYS(rename("dir/file", "file"));
	SYS(rename("file", "dir/file"));
	if (variant->arg == NO_DELETE)
		return;
	SYS(unlink("dir/link"));
	SYS(unlink("dir/file"));
	SYS(rmdir("dir"));
}

/* Cookies are counted for the whole machine. */
static ssize_t read_all(int fd, char *to)
{
	ssize_t n = SYS(read(fd, to, ROOM));

	for (char *at = to; at < to + n;) {
		struct inotify_event *e = (struct inotify_event *)at;

		e->cookie = !!e->cookie;
		at += sizeof(*e) + e->len;
	}
	return n;
}

static void setup(void)
{
	make();
	for (int i = 0; i < 2; i++) {
		fds[i] = SYS(inotify_init1(IN_NONBLOCK));
		watch(fds[i]);
	}
	operate();
	was.size = read_all(fds[1], was.events);
}

static void check(void)
{
	char now[ROOM] = {};

	EXPECT_EQ(read_all(fds[0], now), was.size);
	EXPECT_MEM(now, was.events, was.size);
	EXPECT_NO_NOTICE(fds[0]);
	EXPECT_NO_NOTICE(fds[1]);
}

ZDTM_TEST = {
	.doc = "events of a series of operations that nobody has read",
	.object = "inotify",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "whole", WHOLE },
			     { "nodel", NO_DELETE, .known_as = "static/inotify_system_nodel" }),
	.setup = setup,
	.check = check,
};
