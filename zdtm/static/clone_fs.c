// SPDX-License-Identifier: GPL-2.0-only
/*
 * Root, working directory and umask in common, as threads have them and as processes made with
 * CLONE_FS do: whoever changes one of them changes it for all, and for nobody else.
 */
#include <limits.h>
#include <linux/kcmp.h>
#include <sched.h>

#include "zdtm.h"

enum { THREAD, PROCESS }; /* variant->arg */
enum { READY, GO, CHANGED, LOOK };

static struct {
	pid_t *shares, apart; /* shared */
	pthread_t thread;
} was;

static void changes(long unused)
{
	*was.shares = gettid();
	t_wake(READY);
	t_wait(GO);
	SYS(chdir("below"));
	umask(0123);
	t_wake(CHANGED);
	t_wait(GO);
}

static void stays(long unused)
{
	t_wake(READY);
	t_wait(LOOK);
	EXPECT_ERRNO(access("here", F_OK), ENOENT);
	EXPECT_EQ(umask(0), 022);
}

static int compare(pid_t pid)
{
	return SYS(syscall(SYS_kcmp, getpid(), pid, KCMP_FS, 0, 0));
}

static void setup(void)
{
	was.shares =
		SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	umask(022);
	SYS(mkdir("below", 0755));
	SYS(mkdir("below/here", 0755));
	was.apart = t_fork(stays, 0);
	t_wait(READY);
	if (variant->arg == THREAD)
		was.thread = t_thread(changes, 0);
	else
		t_clone(CLONE_FS, SIGCHLD, changes, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(compare(*was.shares), 0);
	EXPECT_NE(compare(was.apart), 0);
	t_wake(GO);
	t_wait(CHANGED);
	SYS(access("here", F_OK));
	EXPECT_EQ(umask(0), 0123);
	t_wake(LOOK);
	t_join(was.apart);
	t_wake(GO);
	if (variant->arg == THREAD)
		t_thread_join(was.thread);
	else
		t_join(*was.shares);
}

ZDTM_TEST = {
	.doc = "who shared working directory and umask still does, and who did not does not",
	.object = "fs",
	.needs = LIST("kcmp.task_parts"),
	.variants =
		VARIANTS({ "thread", THREAD }, { "process", PROCESS, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
