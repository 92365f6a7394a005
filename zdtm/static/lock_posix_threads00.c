// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process loses its locks on a file when it closes any descriptor of that file, in whatever
 * thread and of whatever open file; not those on other files.
 */
#include "zdtm.h"

static struct {
	int locked, same, apart;
	pid_t child;
	pthread_t thread;
} was;

/* As another process sees it. */
static void judge(long parent)
{
	t_wait(0);
	EXPECT_EQ(t_who_locks(was.locked, F_GETLK, F_WRLCK, 0, 0), parent);
	EXPECT_EQ(t_who_locks(was.apart, F_GETLK, F_WRLCK, 0, 0), parent);
	t_wake(1);
	t_wait(2);
	EXPECT_EQ(t_who_locks(was.locked, F_GETLK, F_WRLCK, 0, 0), 0);
	EXPECT_EQ(t_who_locks(was.apart, F_GETLK, F_WRLCK, 0, 0), parent);
}

static void closes(long unused)
{
	t_wait(3);
	SYS(close(was.same));
}

static void setup(void)
{
	was.locked = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.same = SYS(open("file", O_RDONLY));
	was.apart = SYS(open("other", O_RDWR | O_CREAT, 0600));
	EXPECT(t_lock(was.locked, F_SETLK, F_WRLCK, 0, 0));
	EXPECT(t_lock(was.apart, F_SETLK, F_RDLCK, 0, 0));
	was.child = t_fork(judge, getpid());
	was.thread = t_thread(closes, 0);
}

static void check(void)
{
	t_wake(0);
	t_wait(1);
	t_wake(3);
	t_thread_join(was.thread);
	t_wake(2);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "locks of a process go when any descriptor of their file is closed",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
