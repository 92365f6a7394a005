// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session, and a process group, whose leader has ended and not been waited for, with a member
 * that lives on; and a zombie of a session whose leader has gone altogether. They are what they
 * were, can be waited for, and then nothing is left of the leaders' pids but the number of the
 * session.
 */
#include <sys/prctl.h>

#include "zdtm.h"

enum { LEADER, GROUP_LEADER, OF_GONE_LEADER, ZOMBIES };
enum { READY, GO };

static struct {
	pid_t zombie[ZOMBIES], member[2], gone;
} * was; /* shared */

static void member(long leader)
{
	was->member[leader] = getpid();
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(getpgrp(), was->zombie[leader]);
	if (leader == LEADER)
		EXPECT_EQ(getsid(0), was->zombie[leader]);
}

static void leads(long which)
{
	was->zombie[which] = getpid();
	if (which == LEADER)
		SYS(setsid());
	else
		SYS(setpgid(0, 0));
	t_fork(member, which);
	t_wait(READY);
	_exit(10 + which);
}

static void ends(long unused)
{
	_exit(10 + OF_GONE_LEADER);
}

static void leads_and_goes(long unused)
{
	SYS(setsid());
	was->zombie[OF_GONE_LEADER] = t_fork(ends, 0);
}

static void setup(void)
{
	was = SYS(mmap(NULL, sizeof(*was), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0));
	/* Orphans come to us. */
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (int i = LEADER; i <= GROUP_LEADER; i++) {
		pid_t pid = t_fork(leads, i);

		t_wait_state(pid, 'Z');
	}
	was->gone = t_fork(leads_and_goes, 0);
	t_join(was->gone);
	t_wait_state(was->zombie[OF_GONE_LEADER], 'Z');
}

static void check(void)
{
	EXPECT_EQ(getsid(was->zombie[LEADER]), was->zombie[LEADER]);
	EXPECT_EQ(getpgid(was->zombie[GROUP_LEADER]), was->zombie[GROUP_LEADER]);
	EXPECT_EQ(getsid(was->zombie[OF_GONE_LEADER]), was->gone);
	EXPECT_EQ(getpgid(was->zombie[OF_GONE_LEADER]), was->gone);
	for (int i = 0; i < ZOMBIES; i++) {
		EXPECT_EQ(WEXITSTATUS(t_reap(was->zombie[i])), 10 + i);
		EXPECT_ERRNO(kill(was->zombie[i], 0), ESRCH);
	}
	EXPECT_EQ(getsid(was->member[LEADER]), was->zombie[LEADER]);
	for (int i = 0; i < 2; i++)
		t_wake(GO);
	for (int i = 0; i < 2; i++)
		t_join(was->member[i]);
	EXPECT_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD);
}

ZDTM_TEST = {
	.doc = "sessions and groups led by a zombie, or by nobody, and a zombie left over of one",
	.object = "session",
	.setup = setup,
	.check = check,
};
