// SPDX-License-Identifier: GPL-2.0-only
/* F_NOTIFY: directories whose changes come as signals. */
#include "probe.h"

static int notified(unsigned long events)
{
	int dir;

	dir = NEED(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	OFFERED(fcntl(dir, F_SETSIG, SIGRTMIN), "F_SETSIG");
	OFFERED(fcntl(dir, F_NOTIFY, events), "F_NOTIFY", EINVAL);
	return dir;
}

PROBE(signal, .what = "a change in a directory sends the signal set by F_SETSIG, with its number",
      .since = "2.4", .kconfig = "CONFIG_DNOTIFY", .source = "fcntl(2)")
{
	const struct timespec second = { .tv_sec = 5 };
	siginfo_t info;
	sigset_t set;
	int dir;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	NEED(sigprocmask(SIG_BLOCK, &set, NULL));
	workdir();
	dir = notified(DN_CREATE | DN_MULTISHOT);
	for (int i = 0; i < 2; i++) {
		close(NEED(open(i ? "two" : "one", O_RDWR | O_CREAT, 0644)));
		NEED(sigtimedwait(&set, &info, &second));
		PROMISE_EQ(info.si_fd, dir);
	}
	/* 0 ends it. */
	NEED(fcntl(dir, F_NOTIFY, 0));
	close(NEED(open("three", O_RDWR | O_CREAT, 0644)));
	PROMISE_FAILS(sigtimedwait(&set, &info, &(struct timespec){}), EAGAIN);
	PROMISE_FAILS(fcntl(0, F_NOTIFY, DN_CREATE), ENOTDIR, EINVAL);
}

GAP(mask, .what = "nobody reads back which changes F_NOTIFY has asked for",
    .kconfig = "CONFIG_DNOTIFY", .source = "fcntl(2)")
{
	int with, without;

	signal(SIGRTMIN, SIG_IGN);
	workdir();
	with = notified(DN_CREATE | DN_MULTISHOT);
	without = notified(DN_DELETE);
	tried_files(with, without);
	/* Behind those it has. */
	TRIED_TO("a number of fcntl unknown yet", fcntl(with, 1029, 0));
}
