// SPDX-License-Identifier: GPL-2.0-only
/*
 * What else a zombie has: an owner, whom waiting for it tells; a name; a signal it has sent, not
 * always SIGCHLD, which decides who may wait for it. criu 4.2 makes it root's, and its signal
 * SIGCHLD.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define UID 1234

static pid_t zombie;

static void ends(long unused)
{
	SYS(prctl(PR_SET_NAME, "odd) name"));
	SYS(setresuid(UID, UID, UID));
	_exit(9);
}

static void setup(void)
{
	sigset_t set;

	sigfillset(&set);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &set, NULL));
	zombie = t_clone(0, variant->arg, ends, 0);
	t_wait_state(zombie, 'Z');
}

static void check(void)
{
	char path[64], *name;
	siginfo_t info = {};

	snprintf(path, sizeof(path), "/proc/%d/comm", zombie);
	name = t_slurp(path);
	EXPECT_STR(name, "odd) name\n");
	snprintf(path, sizeof(path), "/proc/%d/status", zombie);
	EXPECT_EQ(t_field_num(path, "Uid", 10), UID);
	free(name);
	if (variant->arg != SIGCHLD)
		EXPECT_ERRNO(waitid(P_PID, zombie, &info, WEXITED | WNOHANG), ECHILD);
	SYS(waitid(P_PID, zombie, &info, WEXITED | (variant->arg == SIGCHLD ? 0 : __WCLONE)));
	EXPECT_EQ(info.si_uid, UID);
	EXPECT_EQ(info.si_status, 9);
}

ZDTM_TEST = {
	.doc = "a zombie keeps owner, name and exit signal",
	.object = "task",
	.caps = CAP_BIT(CAP_SETUID),
	.variants = VARIANTS({ "sigchld", SIGCHLD }, { "usr1", SIGUSR1 }, { "none", 0 }),
	.setup = setup,
	.check = check,
};
