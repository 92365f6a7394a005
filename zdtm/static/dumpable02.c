// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program its user may execute but not read: the kernel makes the process undumpable from birth,
 * and an engine has to read the file all the same. criu 4.2 needs CAP_SYS_RESOURCE to look at a
 * task of another uid.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define UID 1000

static struct {
	pid_t child;
	int pipe[2], dumpable;
} was;

static void runs(long fd)
{
	int now = prctl(PR_GET_DUMPABLE), before;

	t_write(fd + 1, &now, sizeof(now));
	t_read(fd, &before, sizeof(before));
	EXPECT_EQ(prctl(PR_GET_DUMPABLE), before);
	EXPECT_ERRNO(open("/proc/self/exe", O_RDONLY), EACCES);
}

static void executes(long fd)
{
	int program = SYS(open("program", O_PATH | O_CLOEXEC));

	SYS(setresuid(UID, UID, UID));
	t_exec(program, runs, fd);
}

static void setup(void)
{
	int up[2], down[2], fd = SYS(open("program", O_CREAT | O_WRONLY, 0700));

	t_copy_program(fd);
	SYS(fchmod(fd, 0711));
	SYS(close(fd));
	SYS(pipe(down));
	SYS(pipe(up));
	/* The child's two, one after the other. */
	SYS(dup2(down[0], 50));
	SYS(dup2(up[1], 51));
	was.child = t_fork(executes, 50);
	was.pipe[0] = up[0];
	was.pipe[1] = down[1];
	t_read(up[0], &was.dumpable, sizeof(was.dumpable));
	EXPECT_NE(was.dumpable, 1);
	t_wait_state(was.child, 'S');
}

static void check(void)
{
	t_write(was.pipe[1], &was.dumpable, sizeof(was.dumpable));
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a program that may not be read stays undumpable, and goes on",
	.object = "mm",
	.caps = CAP_BIT(CAP_SETUID),
	.setup = setup,
	.check = check,
};
