// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions and process groups as shells make them: a session of a child's own, groups in it and in
 * ours, with leader and members, and a zombie in one of them. What setsid() and setpgid() allow
 * afterwards depends on them.
 */
#include "zdtm.h"

enum {
	PLAIN,
	GROUP_LEADER,
	GROUP_MEMBER,
	SESSION_LEADER,
	IN_SESSION,
	GROUP_IN_SESSION,
	ZOMBIE,
	TASKS
};
enum { READY, LOOK, GO };

static struct {
	pid_t pid, sid, pgid;
} * was; /* shared, one for each */

static void expect_ids(int i)
{
	EXPECT_EQ(getpid(), was[i].pid);
	EXPECT_EQ(getsid(0), was[i].sid);
	EXPECT_EQ(getpgrp(), was[i].pgid);
}

static void remember(int i)
{
	was[i].pid = getpid();
	was[i].sid = getsid(0);
	was[i].pgid = getpgrp();
}

static void lives(long i)
{
	switch (i) {
	case GROUP_LEADER:
	case GROUP_IN_SESSION:
		SYS(setpgid(0, 0));
		break;
	case GROUP_MEMBER:
	case ZOMBIE:
		SYS(setpgid(0, was[GROUP_LEADER].pid));
		break;
	case SESSION_LEADER:
		SYS(setsid());
	}
	remember(i);
	t_wake(READY);
	if (i == ZOMBIE)
		return;
	if (i == SESSION_LEADER) {
		t_fork(lives, IN_SESSION);
		t_fork(lives, GROUP_IN_SESSION);
	}
	t_wait(LOOK);
	expect_ids(i);
	t_wake(READY);
	t_wait(GO);
	/* A leader of a group may not lead a session; anybody else may. */
	if (was[i].pgid == was[i].pid)
		EXPECT_ERRNO(setsid(), EPERM);
	else
		EXPECT_EQ(SYS(setsid()), was[i].pid);
	if (i == SESSION_LEADER)
		for (int k = IN_SESSION; k <= GROUP_IN_SESSION; k++)
			t_join(was[k].pid);
}

static void setup(void)
{
	was = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < TASKS; i++)
		if (i != IN_SESSION && i != GROUP_IN_SESSION) {
			t_fork(lives, i);
			t_wait(READY);
		}
	for (int i = IN_SESSION; i <= GROUP_IN_SESSION; i++)
		t_wait(READY);
	t_wait_state(was[ZOMBIE].pid, 'Z');
}

static void check(void)
{
	EXPECT_EQ(was[IN_SESSION].sid, was[SESSION_LEADER].pid);
	EXPECT_EQ(was[GROUP_IN_SESSION].sid, was[SESSION_LEADER].pid);
	EXPECT_EQ(was[GROUP_MEMBER].pgid, was[GROUP_LEADER].pid);
	EXPECT_EQ(getsid(was[ZOMBIE].pid), getpid());
	EXPECT_EQ(getpgid(was[ZOMBIE].pid), was[GROUP_LEADER].pid);
	for (int i = 0; i < ZOMBIE; i++)
		t_wake(LOOK);
	for (int i = 0; i < ZOMBIE; i++)
		t_wait(READY);
	for (int i = 0; i < ZOMBIE; i++)
		t_wake(GO);
	for (int i = 0; i < TASKS; i++)
		if (i != IN_SESSION && i != GROUP_IN_SESSION)
			t_join(was[i].pid);
}

ZDTM_TEST = {
	.doc = "sessions and process groups keep their leaders and members",
	.object = "session",
	.setup = setup,
	.check = check,
};
