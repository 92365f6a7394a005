// SPDX-License-Identifier: GPL-2.0-only
/* Children that have ended and nobody has waited for yet: their wait statuses. */
#include "zdtm.h"

static const struct end {
	int sig, status;
} ends[] = { { 0, 0 }, { 0, 3 }, { SIGKILL, 0 }, { SIGSEGV, 0 } };

#define ZOMBIES 4

static pid_t zombies[ZOMBIES];

static void end(long i)
{
	if (ends[i].sig)
		SYS(kill(getpid(), ends[i].sig));
	_exit(ends[i].status);
}

static void setup(void)
{
	for (int i = 0; i < ZOMBIES; i++)
		zombies[i] = t_fork(end, i);
	for (int i = 0; i < ZOMBIES; i++)
		t_wait_state(zombies[i], 'Z');
}

static void check(void)
{
	for (int i = 0; i < ZOMBIES; i++) {
		int status = t_reap(zombies[i]);

		EXPECT_EQ(WIFSIGNALED(status), ends[i].sig != 0);
		EXPECT_EQ(WTERMSIG(status), ends[i].sig);
		EXPECT_EQ(WEXITSTATUS(status), ends[i].status);
	}
	EXPECT_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD);
}

ZDTM_TEST = {
	.doc = "zombies keep the status they ended with",
	.object = "task",
	.setup = setup,
	.check = check,
};
