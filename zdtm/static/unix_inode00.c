// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fstat(2) tells of a socket itself: fchmod(2) and fchown(2) work on it, and bind(2) goes by it.
 *
 * criu 4.2 loses modes and owners.
 */
#include "socket.h"

static int pair[2], lone;

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	SYS(fchmod(pair[0], 0640));
	SYS(fchown(pair[1], 11, 22));
	lone = t_unix(SOCK_DGRAM, NULL);
	SYS(fchmod(lone, 0604));
}

static void expect_inode(int sk, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st;

	SYS(fstat(sk, &st));
	EXPECT_EQ(st.st_mode, S_IFSOCK | mode);
	EXPECT_EQ(st.st_uid, uid);
	EXPECT_EQ(st.st_gid, gid);
}

static void check(void)
{
	struct t_un un = t_un("bound");
	struct stat st;

	expect_inode(pair[0], 0640, 0, 0);
	expect_inode(pair[1], 0777, 11, 22);
	expect_inode(lone, 0604, 0, 0);
	umask(0);
	SYS(bind(lone, (struct sockaddr *)&un.addr, un.len));
	SYS(stat("bound", &st));
	EXPECT_EQ(st.st_mode, S_IFSOCK | 0604);
}

ZDTM_TEST = {
	.doc = "mode and owner of sockets themselves",
	.object = "unix",
	/* to give it away */
	.caps = CAP_BIT(CAP_CHOWN),
	.setup = setup,
	.check = check,
};
