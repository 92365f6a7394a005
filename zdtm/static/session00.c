// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions that are only inherited: a task may be in one its parent has left since, or whose leader
 * is gone; orphans are ours, as we are a subreaper. Nobody can enter such a session any more:
 * whoever restores it has to be born there.
 *
 * With criu 4.2 an orphan is init's who was its subreaper's.
 */
#include <sys/prctl.h>

#include "zdtm.h"

/* Leaders that go leave somebody behind. */
enum { OLDER, LEFT, YOUNGER, OF_DEAD_LEADER, IN_DEAD_GROUP, DETACHED, TASKS };
enum { READY, LOOK, GO };

static struct {
	pid_t pid, ppid, sid, pgid;
} * was; /* shared, one for each */

static void lives(long i)
{
	was[i].pid = getpid();
	was[i].sid = getsid(0);
	was[i].pgid = getpgrp();
	t_wake(READY);
	t_wait(LOOK);
	EXPECT_EQ(getpid(), was[i].pid);
	EXPECT_EQ(getppid(), was[i].ppid);
	EXPECT_EQ(getsid(0), was[i].sid);
	EXPECT_EQ(getpgrp(), was[i].pgid);
	t_wake(READY);
	t_wait(GO);
}

/* With a child in the session it leaves, and one in the session it leads. */
static void leaves(long unused)
{
	was[OLDER].ppid = was[YOUNGER].ppid = getpid();
	t_fork(lives, OLDER);
	SYS(setsid());
	t_fork(lives, YOUNGER);
	lives(LEFT);
	t_join(was[OLDER].pid);
	t_join(was[YOUNGER].pid);
}

static void leads_and_goes(long unused)
{
	SYS(setsid());
	t_fork(lives, OF_DEAD_LEADER);
}

static void leads_group_and_goes(long unused)
{
	SYS(setpgid(0, 0));
	t_fork(lives, IN_DEAD_GROUP);
}

static void leads(long unused)
{
	SYS(setsid());
	lives(DETACHED);
}

static void forks_and_goes(long unused)
{
	t_fork(leads, 0);
}

static void setup(void)
{
	was = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (int i = 0; i < TASKS; i++)
		was[i].ppid = getpid();
	t_fork(leaves, 0);
	t_join(t_fork(leads_and_goes, 0));
	t_join(t_fork(leads_group_and_goes, 0));
	t_join(t_fork(forks_and_goes, 0));
	for (int i = 0; i < TASKS; i++)
		t_wait(READY);
	EXPECT_EQ(was[OLDER].sid, getpid());
}

static void check(void)
{
	EXPECT_ERRNO(kill(was[OF_DEAD_LEADER].sid, 0), ESRCH);
	EXPECT_ERRNO(kill(was[IN_DEAD_GROUP].pgid, 0), ESRCH);
	EXPECT_EQ(was[LEFT].sid, was[LEFT].pid);
	EXPECT_EQ(was[YOUNGER].sid, was[LEFT].pid);
	for (int i = 0; i < TASKS; i++)
		t_wake(LOOK);
	for (int i = 0; i < TASKS; i++)
		t_wait(READY);
	for (int i = 0; i < TASKS; i++)
		t_wake(GO);
	for (int i = 0; i < TASKS; i++)
		if (was[i].ppid == getpid())
			t_join(was[i].pid);
	EXPECT_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD);
}

ZDTM_TEST = {
	.doc = "tasks stay in sessions and groups their parent or their leader has left",
	.object = "session",
	.setup = setup,
	.check = check,
};
