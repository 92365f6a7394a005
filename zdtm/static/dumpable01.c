// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a process may be looked at by others of its uid. Giving up root takes that away; one
 * child gives it back to itself, one does not. Seen at work by who owns their files in /proc. criu
 * 4.2 needs CAP_SYS_RESOURCE to look at a task of another uid.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define UID 1000

enum { READY, GO };

static pid_t children[2];

static void child(long dumpable)
{
	SYS(setresuid(UID, UID, UID));
	if (dumpable)
		SYS(prctl(PR_SET_DUMPABLE, 1));
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(prctl(PR_GET_DUMPABLE), dumpable);
}

static uid_t owner_of(pid_t pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	SYS(stat(path, &st));
	return st.st_uid;
}

static void setup(void)
{
	char *text = t_slurp("/proc/sys/fs/suid_dumpable");

	if (text[0] != '0')
		t_skip("fs.suid_dumpable is %c: nobody sets that by prctl", text[0]);
	for (int i = 0; i < 2; i++) {
		children[i] = t_fork(child, i);
		t_wait(READY);
	}
}

static void check(void)
{
	EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1);
	EXPECT_EQ(owner_of(children[0]), 0);
	EXPECT_EQ(owner_of(children[1]), UID);
	for (int i = 0; i < 2; i++)
		t_wake(GO);
	for (int i = 0; i < 2; i++)
		t_join(children[i]);
}

ZDTM_TEST = {
	.doc = "processes may be looked at, or not, as before",
	.object = "mm",
	.caps = CAP_BIT(CAP_SETUID),
	.setup = setup,
	.check = check,
};
