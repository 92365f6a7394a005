// SPDX-License-Identifier: GPL-2.0-only
/*
 * A family with a history: sessions inherited by siblings (CLONE_PARENT) and by orphans, whose leaders
 * are gone or are zombies nobody has waited for, below two subreapers. Everybody stays in his session,
 * and his parent is who it was. criu 4.2 finds no leader for some.
 */
#include <sched.h>
#include <sys/prctl.h>

#include "zdtm.h"

enum { A, OLDER, SIBLING, C, D, F, LEADER, H, TASKS };
enum { READY, LOOK, AGAIN, LOOKED, GO };

static struct {
	struct {
		pid_t pid, ppid, sid, pgid;
	} of[TASKS];
	pid_t zombie;
} * all; /* shared */

static void note(int i)
{
	all->of[i].pid = getpid();
	all->of[i].ppid = getppid();
	all->of[i].sid = getsid(0);
	all->of[i].pgid = getpgrp();
}

/* `i` has been noted when all orphans had found their parents. */
static void lives(long i)
{
	t_wake(READY);
	t_wait(LOOK);
	note(i);
	t_wake(LOOKED);
	t_wait(AGAIN);
	EXPECT_EQ(getpid(), all->of[i].pid);
	EXPECT_EQ(getppid(), all->of[i].ppid);
	EXPECT_EQ(getsid(0), all->of[i].sid);
	EXPECT_EQ(getpgrp(), all->of[i].pgid);
	t_wake(LOOKED);
	t_wait(GO);
}

/* Leads a session, leaves a child and a sibling in it, and goes. */
static void leads_and_goes(long unused)
{
	SYS(setsid());
	t_fork(lives, C);
	t_clone(CLONE_PARENT, 0, lives, D);
}

/* Then the sibling is an orphan, too. */
static void middle(long unused)
{
	t_join(t_fork(leads_and_goes, 0));
}

static void goes_with_session(long unused)
{
	SYS(setsid());
	t_fork(lives, F);
}

static void sibling(long i)
{
	t_join(t_fork(goes_with_session, 0));
	lives(i);
}

/* Ends as a zombie: its group and session have a member still. */
static void leads_as_zombie(long unused)
{
	SYS(setsid());
	all->zombie = getpid();
	t_fork(lives, H);
}

static void leader_of_group(long i)
{
	SYS(setpgid(0, 0));
	t_fork(leads_as_zombie, 0);
	lives(i);
}

static void a(long i)
{
	t_fork(lives, OLDER);
	SYS(setsid());
	t_clone(CLONE_PARENT, 0, sibling, SIBLING);
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	t_join(t_fork(middle, 0));
	t_fork(leader_of_group, LEADER);
	lives(i);
}

static void everybody(int looks)
{
	for (int i = 0; i < TASKS; i++)
		t_wake(looks);
	for (int i = 0; i < TASKS; i++)
		t_wait(LOOKED);
}

static void setup(void)
{
	all = t_map(sizeof(*all), MAP_SHARED);
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	t_fork(a, A);
	for (int i = 0; i < TASKS; i++)
		t_wait(READY);
	t_wait_state(all->zombie, 'Z');
	everybody(LOOK);
	EXPECT_EQ(all->of[SIBLING].ppid, getpid());
	EXPECT_EQ(all->of[SIBLING].sid, all->of[A].pid);
	EXPECT_EQ(all->of[OLDER].sid, getsid(0));
	EXPECT_EQ(all->of[C].ppid, all->of[A].pid);
	EXPECT_EQ(all->of[D].ppid, all->of[A].pid);
	EXPECT_EQ(all->of[D].sid, all->of[C].sid);
	EXPECT_EQ(all->of[F].ppid, getpid());
	EXPECT_EQ(all->of[H].ppid, all->of[A].pid);
	EXPECT_EQ(all->of[H].sid, all->zombie);
}

static void check(void)
{
	everybody(AGAIN);
	EXPECT_EQ(t_stat_num(all->zombie, 4), all->of[LEADER].pid);
	EXPECT_EQ(t_stat_num(all->zombie, 6), all->zombie);
	EXPECT_ERRNO(kill(all->of[C].sid, 0), ESRCH);
	EXPECT_ERRNO(kill(all->of[F].sid, 0), ESRCH);
	for (int i = 0; i < TASKS; i++)
		t_wake(GO);
	/* Those we have ended: the rest go with whoever is their parent. */
	t_join(all->of[A].pid);
	t_join(all->of[F].pid);
	t_join(all->of[SIBLING].pid);
}

ZDTM_TEST = {
	.doc = "sessions and parents are as a family's history has left them",
	.object = "session",
	.setup = setup,
	.check = check,
};
