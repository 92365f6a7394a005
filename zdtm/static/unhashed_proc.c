// SPDX-License-Identifier: GPL-2.0-only
/* A working directory in /proc, that of a task which is dead and reaped. */
#include "zdtm.h"

static struct {
	pid_t pid;
} was;

static void child(long unused)
{
	t_wait(0);
}

static void setup(void)
{
	char path[64];

	was.pid = t_fork(child, 0);
	snprintf(path, sizeof(path), "/proc/%d", was.pid);
	SYS(chdir(path));
	t_wake(0);
	t_join(was.pid);
}

static void check(void)
{
	char text[100];

	EXPECT_ERRNO(syscall(SYS_getcwd, text, sizeof(text)), ENOENT);
	EXPECT_ERRNO(open("stat", O_RDONLY), ESRCH);
	EXPECT_ERRNO(kill(was.pid, 0), ESRCH);
}

ZDTM_TEST = {
	.doc = "a working directory of a task that is gone is nowhere",
	.object = "task",
	.engine = LIST("--link-remap"),
	.setup = setup,
	.check = check,
};
