// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process groups and the sessions they belong to decide who may be stopped from a terminal. One
 * whose last member with a parent in the session's other groups goes is orphaned: stopped members
 * get SIGHUP and SIGCONT, once. Afterwards SIGTSTP stops nobody there any more. criu 4.2
 * brings orphans back with another parent.
 */
#include <sys/prctl.h>

#include "zdtm.h"

enum { BECOMES, IS }; /* variant->arg: orphaned */
enum { READY, PARENT_GO, GO };

static struct {
	pid_t leader, *child; /* shared */
} was;

static volatile int hups;

static void on_hup(int sig)
{
	hups++;
}

static void child(long unused)
{
	SYS(setpgid(0, 0));
	signal(SIGHUP, on_hup);
	*was.child = getpid();
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(hups, variant->arg == BECOMES);
	/* To an orphaned group this is nothing. */
	SYS(raise(SIGTSTP));
}

static void leader(long unused)
{
	SYS(setsid());
	t_fork(child, 0);
	t_wait(PARENT_GO);
}

static void parent_ends(void)
{
	t_wake(PARENT_GO);
	t_join(was.leader);
}

static void setup(void)
{
	was.child =
		SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	/* Orphans come to us, who are of another session. */
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	was.leader = t_fork(leader, 0);
	t_wait(READY);
	if (variant->arg == IS)
		parent_ends();
	SYS(kill(*was.child, SIGSTOP));
	t_wait_state(*was.child, 'T');
}

static void check(void)
{
	t_wait_state(*was.child, 'T');
	if (variant->arg == IS)
		SYS(kill(*was.child, SIGCONT));
	else
		parent_ends();
	t_wait_state(*was.child, 'S');
	t_wake(GO);
	t_join(*was.child);
}

ZDTM_TEST = {
	.doc = "process groups are orphaned when they are, with what follows",
	.object = "session",
	.variants = VARIANTS({ "becomes_orphaned", BECOMES }, { "is_orphaned", IS }),
	.setup = setup,
	.check = check,
};
