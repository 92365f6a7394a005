// SPDX-License-Identifier: GPL-2.0-only
/*
 * Daemons made all the time, as they make themselves: fork, lead a session, fork again and end, so
 * that what remains is an orphan in a session without a leader. The one who adopts them waits for
 * all.
 */
#include <sys/prctl.h>

#include "zdtm.h"

enum { TURNING };

static pid_t maker;

static void daemon_lives(long leader)
{
	EXPECT_EQ(getsid(0), leader);
	EXPECT_EQ(getpgrp(), leader);
	EXPECT_NE(getpid(), leader);
	SYS(setpgid(0, 0));
	EXPECT_EQ(getpgrp(), getpid());
}

static void leads_and_goes(long nr)
{
	SYS(setsid());
	if (nr % 2)
		t_fork(daemon_lives, getpid());
	else
		t_join(t_fork(daemon_lives, getpid()));
}

static int wait_for_all(void)
{
	int status, n = 0;

	while (waitpid(-1, &status, 0) > 0) {
		EXPECT_EQ(status, 0);
		n++;
	}
	EXPECT_EQ(errno, ECHILD);
	return n;
}

static void makes(long unused)
{
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (int nr = 0; !t_over(); nr++) {
		t_fork(leads_and_goes, nr);
		EXPECT_EQ(wait_for_all(), 1 + nr % 2);
		if (nr == 6)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	maker = t_fork(makes, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(maker);
}

ZDTM_TEST = {
	.doc = "tasks that lead sessions, fork and end are adopted and waited for",
	.object = "session",
	.setup = setup,
	.check = check,
};
