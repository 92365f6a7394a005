// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that nobody has read: with names, the two halves of a rename, more than the queue holds.
 * The kernel takes none back. criu 4.2 drops them.
 */
#include <sys/inotify.h>
#include <sys/ioctl.h>

#include "zdtm.h"

enum { EVENTS, OVERFLOW };

static struct {
	int fd, wd, bytes;
	uint64_t sum;
} was;

static void move(const char *from, const char *to)
{
	SYS(rename(from, to));
}

static void setup(void)
{
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	SYS(mkdir("a", 0700));
	was.wd = SYS(inotify_add_watch(was.fd, ".", IN_CREATE | IN_MOVE));
	SYS(mkdir("b", 0700));
	move("a", "c");
	if (variant->arg == OVERFLOW) {
		uint64_t most =
			strtoull(t_slurp("/proc/sys/fs/inotify/max_queued_events"), NULL, 10);

		for (uint64_t i = 0; i <= most / 2; i++)
			move(i % 2 ? "d" : "c", i % 2 ? "c" : "d");
	}
	SYS(ioctl(was.fd, FIONREAD, &was.bytes));
}

static void check(void)
{
	char *got = SYS_PTR(malloc(was.bytes + 1));
	struct inotify_event *e = (struct inotify_event *)got;
	uint32_t cookie;
	int bytes;

	SYS(ioctl(was.fd, FIONREAD, &bytes));
	EXPECT_EQ(bytes, was.bytes);
	EXPECT_EQ(SYS(read(was.fd, got, was.bytes + 1)), was.bytes);
	EXPECT_EQ(e->mask, IN_CREATE | IN_ISDIR);
	EXPECT_STR(e->name, "b");
	e = (struct inotify_event *)((char *)(e + 1) + e->len);
	EXPECT_EQ(e->mask, IN_MOVED_FROM | IN_ISDIR);
	EXPECT_STR(e->name, "a");
	cookie = e->cookie;
	e = (struct inotify_event *)((char *)(e + 1) + e->len);
	EXPECT_EQ(e->mask, IN_MOVED_TO | IN_ISDIR);
	EXPECT_STR(e->name, "c");
	EXPECT_EQ(e->cookie, cookie);
	while (variant->arg == OVERFLOW && (char *)e < got + bytes && e->mask != IN_Q_OVERFLOW)
		e = (struct inotify_event *)((char *)(e + 1) + e->len);
	if (variant->arg == OVERFLOW)
		EXPECT_EQ(e->wd, -1);
	EXPECT_NO_NOTICE(was.fd);
}

ZDTM_TEST = {
	.doc = "events of an inotify that nobody has read",
	.object = "inotify",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "events", EVENTS }, { "overflow", OVERFLOW }),
	.setup = setup,
	.check = check,
};
