// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of /proc that belong to tasks: to one that is not dumped, to oneself, and to a child, which
 * has to exist before they can be opened again. Each tells of its task.
 */
#include "zdtm.h"

enum { INIT, SELF, CHILD, FILES };

static struct {
	int fd[FILES];
	pid_t pid[FILES];
} was;

static void child(long unused)
{
	t_wait(0);
}

static void setup(void)
{
	was.pid[INIT] = 1;
	was.pid[SELF] = getpid();
	was.pid[CHILD] = t_fork(child, 0);
	for (int i = 0; i < FILES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/stat", was.pid[i]);
		was.fd[i] = SYS(open(path, O_RDONLY));
	}
}

static void check(void)
{
	for (int i = 0; i < FILES; i++) {
		char path[64], text[64] = "";
		int fresh;

		snprintf(path, sizeof(path), "/proc/%d/stat", was.pid[i]);
		fresh = SYS(open(path, O_RDONLY));
		EXPECT(t_same_file(was.fd[i], fresh));
		SYS(close(fresh));
		SYS(pread(was.fd[i], text, sizeof(text) - 1, 0));
		EXPECT_EQ(atoi(text), was.pid[i]);
	}
	t_wake(0);
	t_join(was.pid[CHILD]);
	EXPECT_ERRNO(pread(was.fd[CHILD], &was, 1, 0), ESRCH);
}

ZDTM_TEST = {
	.doc = "open files of /proc/PID tell of the same task",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
