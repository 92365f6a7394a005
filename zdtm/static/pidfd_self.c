// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors a process has of itself: two of it as a process, one as a thread, which criu 4.2
 * refuses.
 */
#include <sys/pidfd.h>

#include "zdtm.h"

#define N 2

static struct {
	int fd[N], flags[N];
} was;

static void setup(void)
{
	for (int i = 0; i < N; i++) {
		was.fd[i] = SYS(pidfd_open(getpid(), variant->arg | (i ? O_NONBLOCK : 0)));
		was.flags[i] = SYS(fcntl(was.fd[i], F_GETFL));
	}
}

static void check(void)
{
	for (int i = 0; i < N; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd[i]);
		EXPECT_EQ(t_field_num(path, "Pid", 10), getpid());
		EXPECT_EQ(SYS(fcntl(was.fd[i], F_GETFL)), was.flags[i]);
		SYS(pidfd_send_signal(was.fd[i], 0, NULL, 0));
	}
}

ZDTM_TEST = {
	.doc = "a process keeps pidfds of itself, with their flags",
	.object = "pidfd",
	.needs = LIST("pidfd.fdinfo_pid"),
	.variants = VARIANTS({ "process", 0 }, { "thread", O_EXCL /* PIDFD_THREAD */,
						 .needs = LIST("pidfd.thread") }),
	.setup = setup,
	.check = check,
};
