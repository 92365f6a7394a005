// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four uids and four gids, no two alike: real, effective, saved, and the one of file system
 * accesses. Seen at work by the owner of a new file, and by what may be changed into what.
 */
#include <sys/fsuid.h>

#include "zdtm.h"

enum { READY, GO };

static pid_t child;

static void takes_ids(void)
{
	SYS(setresgid(10, 20, 30));
	setfsgid(40);
	SYS(setresuid(1, 2, 3));
	/* One of the others, without privilege; 4 could only be set by somebody who has it. */
	setfsuid(3);
}

static void many(long unused)
{
	uid_t r, e, s;
	struct stat st;

	takes_ids();
	t_wake(READY);
	t_wait(GO);

	SYS(getresuid(&r, &e, &s));
	EXPECT_EQ(r, 1);
	EXPECT_EQ(e, 2);
	EXPECT_EQ(s, 3);
	EXPECT_EQ(setfsuid(-1), 3);
	SYS(getresgid(&r, &e, &s));
	EXPECT_EQ(r, 10);
	EXPECT_EQ(e, 20);
	EXPECT_EQ(s, 30);
	EXPECT_EQ(setfsgid(-1), 40);

	SYS(close(SYS(open("new", O_CREAT | O_WRONLY, 0600))));
	SYS(stat("new", &st));
	EXPECT_EQ(st.st_uid, 3);
	EXPECT_EQ(st.st_gid, 40);
	EXPECT_ERRNO(setresuid(4, -1, -1), EPERM);
	SYS(setresuid(3, 1, 2));
}

static void setup(void)
{
	child = t_fork(many, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(geteuid(), 0);
	EXPECT_EQ(getegid(), 0);
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "real, effective, saved and file system ids of user and group",
	.object = "creds",
	.caps = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID),
	.setup = setup,
	.check = check,
};
