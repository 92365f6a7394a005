// SPDX-License-Identifier: GPL-2.0-only
/*
 * Close-on-exec, set and cleared in every way there is, on descriptors that partly are one open file.
 * A program that is executed then tells which ones it got.
 */
#include "zdtm.h"

static const struct {
	int fd;
	bool cloexec;
} fds[] = { { 10, true }, { 11, false }, { 12, true }, { 13, false }, { 14, true }, { 15, false } };
#define FDS (sizeof(fds) / sizeof(fds[0]))

static void setup(void)
{
	int plain = SYS(open("file", O_RDWR | O_CREAT, 0600));
	int marked = SYS(open("file", O_RDWR | O_CLOEXEC));

	SYS(dup3(marked, 10, O_CLOEXEC));
	SYS(dup2(marked, 11));
	SYS(fcntl(plain, F_DUPFD_CLOEXEC, 12));
	SYS(fcntl(marked, F_DUPFD, 13));
	SYS(dup2(plain, 14));
	SYS(fcntl(14, F_SETFD, FD_CLOEXEC));
	SYS(dup3(plain, 15, O_CLOEXEC));
	SYS(fcntl(15, F_SETFD, 0));
	SYS(close(plain));
	SYS(close(marked));
}

static void check(void)
{
	int status;

	for (size_t i = 0; i < FDS; i++)
		EXPECT_EQ(fcntl(fds[i].fd, F_GETFD), fds[i].cloexec ? FD_CLOEXEC : 0);

	for (size_t i = 0; i < FDS; i++) {
		char path[32];
		pid_t pid = SYS(fork());

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i].fd);
		if (pid == 0) {
			execl("/usr/bin/test", "test", "-e", path, NULL);
			_exit(9);
		}
		status = t_reap(pid);
		EXPECT_EQ(WEXITSTATUS(status), fds[i].cloexec);
	}
}

ZDTM_TEST = {
	.doc = "descriptors are closed by exec or not, each as it was told",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
