// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages wait with the credentials of those who sent them: of a child that lives, of one that is a
 * zombie and of one that is gone, of another user, and without any. A stream keeps the senders apart.
 *
 * criu 4.2 refuses queues with credentials.
 */
#include "socket.h"

enum { LIVES, ZOMBIE, GONE, US, NOBODY, SENDERS };

static int sk[2];
static pid_t pids[SENDERS];

static void send_as(long who)
{
	char text[8];

	if (who == GONE)
		SYS(setresuid(1234, 1234, 1234));
	snprintf(text, sizeof(text), "from%ld", who);
	t_send(sk[0], text);
	t_wake(0);
	if (who == LIVES)
		t_wait(1);
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	/* Nobody is asked for credentials yet. */
	t_send(sk[0], "from4");
	t_set_sockopt(sk[1], SO_PASSCRED, 1);
	for (int who = LIVES; who <= GONE; who++) {
		pids[who] = t_fork(send_as, who);
		t_wait(0);
	}
	t_wait_state(pids[ZOMBIE], 'Z');
	t_join(pids[GONE]);
	pids[US] = getpid();
	t_send(sk[0], "from3");
}

static void expect_from(int who)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8))) = "",
						       text[8] = "", wanted[8];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct ucred cred = { -1, -1, -1 };

	snprintf(wanted, sizeof(wanted), "from%d", who);
	EXPECT_EQ(recvmsg(sk[1], &msg, MSG_DONTWAIT), 5);
	EXPECT_STR(text, wanted);
	if (EXPECT(CMSG_FIRSTHDR(&msg)))
		memcpy(&cred, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(cred));
	EXPECT_EQ(cred.pid, pids[who]);
	EXPECT_EQ(cred.uid, who == NOBODY ? 65534 : who == GONE ? 1234 : 0);
	EXPECT_EQ(cred.gid, who == NOBODY ? 65534 : 0);
}

static void check(void)
{
	expect_from(NOBODY);
	for (int who = LIVES; who <= US; who++)
		expect_from(who);
	EXPECT_EMPTY(sk[1]);
	t_wake(1);
	t_join(pids[LIVES]);
	t_join(pids[ZOMBIE]);
}

ZDTM_TEST = {
	.doc = "waiting messages keep the credentials of their senders",
	.object = "unix",
	/* for a child to become another user */
	.caps = CAP_BIT(CAP_SETUID),
	.variants = VARIANTS({ "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM },
			     { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
