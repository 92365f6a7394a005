// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who connected and who listened: a child of another user that is gone, one that is a zombie, one that
 * has become another user since. Both ends go on telling what was then.
 *
 * criu 4.2 connects all of them as root, in whatever process has them (and without CAP_SYS_RESOURCE it
 * refuses tasks of other users).
 */
#include <grp.h>

#include "socket.h"

enum { GONE, ZOMBIE, CHANGED, CLIENTS };

static int listener, client[CLIENTS], server[CLIENTS];
static pid_t pids[CLIENTS], maker;
static int channel[2];

static void set_user(uid_t uid, gid_t gid)
{
	const gid_t groups[] = { gid, gid + 1 };

	SYS(setgroups(2, groups));
	SYS(setresgid(gid, gid, gid));
	/* It keeps the right to become another one. */
	SYS(setresuid(uid, uid, 0));
}

static void connect_as(long who)
{
	int sk;

	set_user(1000 + who, 2000 + who);
	sk = t_unix_to(variant->arg, "listener");
	t_send_fds(channel[0], "client", &sk, 1);
	t_wake(0);
	if (who != CHANGED)
		return;
	SYS(setresuid(0, 0, 0));
	set_user(3000, 3000);
	t_wait(1);
}

static void listen_as(long unused)
{
	set_user(500, 600);
	SYS(listen(listener, CLIENTS));
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel));
	listener = t_unix(variant->arg, "listener");
	SYS(chmod("listener", 0666));
	maker = t_fork(listen_as, 0);
	t_join(maker);
	for (int who = 0; who < CLIENTS; who++) {
		pids[who] = t_fork(connect_as, who);
		t_wait(0);
		EXPECT_RECV_FDS(channel[1], "client", &client[who], 1);
		server[who] = SYS(accept(listener, NULL, NULL));
	}
	t_join(pids[GONE]);
	t_wait_state(pids[ZOMBIE], 'Z');
}

static void expect_peer(int sk, pid_t pid, uid_t uid, gid_t gid)
{
	struct ucred cred = {};
	gid_t groups[4] = {};
	socklen_t len = sizeof(cred);

	SYS(getsockopt(sk, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	EXPECT_EQ(cred.pid, pid);
	EXPECT_EQ(cred.uid, uid);
	EXPECT_EQ(cred.gid, gid);
	len = sizeof(groups);
	SYS(getsockopt(sk, SOL_SOCKET, SO_PEERGROUPS, groups, &len));
	EXPECT_EQ(len, 2 * sizeof(gid_t));
	EXPECT_EQ(groups[0], gid);
	EXPECT_EQ(groups[1], gid + 1);
}

static void check(void)
{
	for (int who = 0; who < CLIENTS; who++) {
		expect_peer(server[who], pids[who], 1000 + who, 2000 + who);
		expect_peer(client[who], maker, 500, 600);
		t_send(client[who], "still");
		EXPECT_RECV(server[who], "still");
	}
	expect_peer(listener, maker, 500, 600);
	t_wake(1);
	t_join(pids[CHANGED]);
	t_join(pids[ZOMBIE]);
}

ZDTM_TEST = {
	.doc = "connections tell who connected and who listened, whatever became of them",
	.object = "unix",
	/* for children to become other users */
	.caps = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID),
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
