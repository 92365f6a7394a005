// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables in common (CLONE_FILES): a child and its child share their parent's, a sibling
 * has a copy, and the sibling's child shares that. What one opens or closes is so for the sharers
 * alone.
 */
#include <sched.h>

#include "zdtm.h"

#define FD 128

/* Who they are, and the semaphore each waits at. */
enum { MAIN, CHILD, GRANDCHILD, SIBLING, NIECE, TASKS, READY, DONE };

static void look(int me, bool open)
{
	t_wait(me);
	if (open)
		EXPECT_EQ(fcntl(FD, F_GETFD), 0);
	else
		EXPECT_ERRNO(fcntl(FD, F_GETFD), EBADF);
	t_wake(DONE);
}

static void shares(long me)
{
	t_wake(READY);
	look(me, true);
	look(me, false);
}

static void child(long me)
{
	pid_t pid = t_clone(CLONE_FILES, SIGCHLD, shares, GRANDCHILD);

	look(me, true);
	t_wait(me);
	SYS(close(FD));
	t_wake(DONE);
	t_join(pid);
}

static void niece(long me)
{
	t_wake(READY);
	look(me, false);
	t_wait(me);
	SYS(dup2(0, FD));
	t_wake(DONE);
}

static void sibling(long me)
{
	pid_t pid = t_clone(CLONE_FILES, SIGCHLD, niece, NIECE);

	look(me, false);
	look(me, true);
	t_join(pid);
}

static void turn(int who)
{
	t_wake(who);
	t_wait(DONE);
}

static pid_t children[2];

static void setup(void)
{
	children[0] = t_clone(CLONE_FILES, SIGCHLD, child, CHILD);
	children[1] = t_fork(sibling, SIBLING);
	t_wait(READY);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_ERRNO(fcntl(FD, F_GETFD), EBADF);
	SYS(dup2(0, FD));
	for (int who = CHILD; who < TASKS; who++)
		turn(who);
	turn(CHILD); /* closes it for main and the grandchild */
	EXPECT_ERRNO(fcntl(FD, F_GETFD), EBADF);
	turn(GRANDCHILD);
	turn(NIECE); /* opens it for the sibling */
	turn(SIBLING);
	EXPECT_ERRNO(fcntl(FD, F_GETFD), EBADF);
	for (int i = 0; i < 2; i++)
		t_join(children[i]);
}

ZDTM_TEST = {
	.doc = "who shared a descriptor table still does, and who had a copy has it",
	.object = "task",
	.setup = setup,
	.check = check,
};
