// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that execute another program all the time, so that a dump finds them on both sides of it, or
 * halfway through their own loading: a child that is a new one each time, and one that is always the
 * same and executes a shell which executes itself.
 */
#include "zdtm.h"

enum { TURNING };

static struct {
	int told[2];
	pid_t forker, shell;
} was;

static void fork_and_exec(long unused)
{
	for (int n = 1; !t_over(); n++) {
		pid_t pid = SYS(fork());

		if (pid == 0) {
			execl("/bin/true", "true", NULL);
			_exit(9);
		}
		EXPECT_EQ(t_reap(pid), 0);
		if (n == 3)
			t_wake(TURNING);
	}
}

static void shell(long unused)
{
	/* Builtins all of them, so that there is never another task. */
	static const char script[] = "[ $1 = 3 ] && echo turning >&9; "
				     "[ -e over ] && { echo done >&9; exit 7; }; "
				     "exec /bin/sh ./script $(($1 + 1))";
	int fd = SYS(open("script", O_WRONLY | O_CREAT, 0700));

	t_write(fd, script, strlen(script));
	SYS(close(fd));
	SYS(dup2(was.told[1], 9));
	SYS(execl("/bin/sh", "sh", "./script", "1", NULL));
}

static void setup(void)
{
	char got[8];

	SYS(pipe2(was.told, O_CLOEXEC));
	was.forker = t_fork(fork_and_exec, 0);
	was.shell = t_fork(shell, 0);
	SYS(close(was.told[1]));
	t_read(was.told[0], got, 8);
	EXPECT_MEM(got, "turning\n", 8);
	t_wait(TURNING);
}

static void check(void)
{
	char got[5];
	int status;

	SYS(mknod("over", S_IFREG | 0600, 0));
	t_read(was.told[0], got, 5);
	EXPECT_MEM(got, "done\n", 5);
	status = t_reap(was.shell);
	EXPECT_EQ(WEXITSTATUS(status), 7);
	t_join(was.forker);
}

ZDTM_TEST = {
	.doc = "tasks that execute programs all the time go on doing so",
	.object = "task",
	.setup = setup,
	.check = check,
};
