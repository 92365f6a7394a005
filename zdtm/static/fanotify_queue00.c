// SPDX-License-Identifier: GPL-2.0-only
/*
 * What cannot be brought back of a group: events nobody has read, an answer it owes somebody who
 * waits to open a file, and that it was made by somebody who may not know who does what.
 *
 * criu 4.2 drops the events, and the last restriction, without a word.
 */
#include <poll.h>
#include <sys/fanotify.h>

#include "zdtm.h"

enum { EVENTS, ASKED, UNPRIVILEGED };
enum { READY, GO };

static struct {
	int fd;
	pid_t child;
	struct fanotify_event_metadata asked;
} was;

static void touch(const char *name)
{
	SYS(close(SYS(open(name, O_CREAT | O_RDWR, 0600))));
}

static void child(long unused)
{
	t_wake(READY);
	if (variant->arg == UNPRIVILEGED)
		t_wait(GO);
	touch("file");
}

static void lose_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = {};

	SYS(syscall(SYS_capset, &head, none));
}

static void setup(void)
{
	touch("file");
	if (variant->arg == UNPRIVILEGED)
		lose_capabilities();
	was.fd = SYS(fanotify_init(FAN_NONBLOCK | (variant->arg == EVENTS  ? FAN_CLASS_NOTIF
						   : variant->arg == ASKED ? FAN_CLASS_CONTENT
									   : FAN_REPORT_FID),
				   O_RDONLY));
	if (fanotify_mark(was.fd, FAN_MARK_ADD,
			  variant->arg == ASKED ? FAN_OPEN_PERM : FAN_CLOSE_WRITE, AT_FDCWD,
			  "file") < 0) {
		if (errno == ENODEV)
			t_skip("this kernel has no fsid for the file system of this directory");
		t_fail("fanotify_mark: %s", strerror(errno));
	}
	if (variant->arg == EVENTS) {
		touch("file");
		return;
	}
	was.child = t_fork(child, 0);
	t_wait(READY);
	if (variant->arg == ASKED) {
		t_await_ready(was.fd, POLLIN);
		t_read(was.fd, &was.asked, sizeof(was.asked));
		SYS(close(was.asked.fd));
	}
}

static void check(void)
{
	struct fanotify_response yes = { was.asked.fd, FAN_ALLOW };
	union {
		struct fanotify_event_metadata e;
		char room[256];
	} got;

	if (variant->arg == ASKED) {
		/* By the number of the descriptor, which is closed. */
		SYS(write(was.fd, &yes, sizeof(yes)));
		t_join(was.child);
		return;
	}
	if (variant->arg == UNPRIVILEGED) {
		t_wake(GO);
		t_join(was.child);
	}
	SYS(read(was.fd, &got, sizeof(got)));
	EXPECT_EQ(got.e.mask, FAN_CLOSE_WRITE);
	EXPECT_EQ(got.e.pid, variant->arg == UNPRIVILEGED ? 0 : getpid());
}

ZDTM_TEST = {
	.doc = "a fanotify group of which more is to be known than the kernel tells",
	.object = "fanotify",
	.flavors = ZDTM_HOST | ZDTM_NS, /* the capability must be of the initial user namespace */
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* fanotify_init() */
	.variants =
		VARIANTS({ "events", EVENTS }, { "asked", ASKED, .engine = LIST("--timeout=2") },
			 { "unprivileged", UNPRIVILEGED }),
	.setup = setup,
	.check = check,
};
