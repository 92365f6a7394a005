// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a process ended can be asked through its descriptor after it is gone: PIDFD_GET_INFO, since
 * 6.15. criu 4.2 lets all have been killed.
 */
#include <sys/ioctl.h>
#include <sys/pidfd.h>

#include "feature-probes/uapi/pidfd.h"
#include "zdtm.h"

static const int status[] = { 7 << 8, SIGKILL, SIGALRM };
#define N 3

static int fds[N];

static void end(long how)
{
	if (how & 0x7f) {
		signal(how, SIG_DFL);
		SYS(raise(how));
	}
	_exit(how >> 8);
}

static void setup(void)
{
	for (int i = 0; i < N; i++) {
		pid_t pid = t_fork(end, status[i]);

		fds[i] = SYS(pidfd_open(pid, 0));
		EXPECT_EQ(t_reap(pid), status[i]);
	}
}

static void check(void)
{
	for (int i = 0; i < N; i++) {
		struct uapi_pidfd_info info = { .mask = UAPI_PIDFD_INFO_EXIT };

		SYS(ioctl(fds[i], UAPI_PIDFD_GET_INFO, &info));
		EXPECT_EQ(info.mask & UAPI_PIDFD_INFO_EXIT, UAPI_PIDFD_INFO_EXIT);
		EXPECT_EQ(info.exit_code, status[i]);
	}
}

ZDTM_TEST = {
	.doc = "a pidfd tells how its process ended",
	.object = "pidfd",
	.needs = LIST("pidfd.info_exit"),
	.setup = setup,
	.check = check,
};
