// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pair made by another user, in a process that shares its descriptors with us and is gone by now:
 * SO_PEERCRED goes on telling of it.
 *
 * criu 4.2 makes the pair as root, in whatever process has it.
 */
#include <grp.h>
#include <sched.h>

#include "socket.h"

#define UID 1001
#define GID 1002

static int pair[2];
static struct ucred was;

static void make(long unused)
{
	static const gid_t groups[] = { 5, 7, 1002 };

	SYS(setgroups(3, groups));
	SYS(setresgid(GID, GID, GID));
	SYS(setresuid(UID, UID, UID));
	SYS(socketpair(AF_UNIX, variant->arg, 0, pair));
	SYS(dup2(pair[0], 10));
	SYS(dup2(pair[1], 11));
}

static struct ucred peer_of(int sk)
{
	struct ucred cred = {};
	socklen_t len = sizeof(cred);

	SYS(getsockopt(sk, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	return cred;
}

static void setup(void)
{
	pid_t maker = t_clone(CLONE_FILES, SIGCHLD, make, 0);

	t_join(maker);
	pair[0] = 10;
	pair[1] = 11;
	was = peer_of(10);
	EXPECT_EQ(was.pid, maker);
	EXPECT_EQ(was.uid, UID);
}

static void check(void)
{
	gid_t groups[8] = {};
	socklen_t len = sizeof(groups);

	for (int i = 0; i < 2; i++) {
		struct ucred now = peer_of(pair[i]);

		EXPECT_EQ(now.pid, was.pid);
		EXPECT_EQ(now.uid, UID);
		EXPECT_EQ(now.gid, GID);
	}
	SYS(getsockopt(pair[0], SOL_SOCKET, SO_PEERGROUPS, groups, &len));
	EXPECT_EQ(len, 3 * sizeof(gid_t));
	EXPECT_EQ(groups[0], 5);
	EXPECT_EQ(groups[1], 7);
	EXPECT_EQ(groups[2], 1002);
	t_send(pair[0], "still");
	EXPECT_RECV(pair[1], "still");
}

ZDTM_TEST = {
	.doc = "a pair tells of the process and user that made it, which are gone",
	.object = "unix",
	/* to become another user */
	.caps = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID),
	.variants = VARIANTS({ "dgram", SOCK_DGRAM }, { "stream", SOCK_STREAM }),
	.setup = setup,
	.check = check,
};
