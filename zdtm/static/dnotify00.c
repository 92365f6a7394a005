// SPDX-License-Identifier: GPL-2.0-only
/*
 * F_NOTIFY: a directory that signals when something in it changes, again and again (DN_MULTISHOT).
 * Nothing in /proc shows such a watch.
 *
 * criu 4.2 loses it.
 */
#include "zdtm.h"

#define SIGNAL (SIGRTMIN + 5)

static struct {
	int fd;
} was;

static void setup(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(mkdir("dir", 0700));
	was.fd = SYS(open("dir", O_RDONLY | O_DIRECTORY));
	SYS(fcntl(was.fd, F_SETSIG, SIGNAL));
	SYS(fcntl(was.fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
}

static void check(void)
{
	const struct timespec none = {};
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	EXPECT_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
	for (int i = 0; i < 2; i++) {
		char name[16];

		snprintf(name, sizeof(name), "dir/new-%d", i);
		SYS(mknod(name, S_IFREG | 0600, 0));
		/* It is sent before mknod() returns. */
		EXPECT_EQ(sigtimedwait(&set, &info, &none), SIGNAL);
		EXPECT_EQ(info.si_fd, was.fd);
	}
}

ZDTM_TEST = {
	.doc = "a directory watched with F_NOTIFY signals what is created in it",
	.object = "regfile",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
