// SPDX-License-Identifier: GPL-2.0-only
/*
 * A classic filter on a datagram socket, locked: what waits was let through before it was attached, and
 * would not be now.
 *
 * criu 4.2 forgets the lock.
 */
#include <linux/filter.h>

#include "socket.h"

static int sk[2];

/* Messages that begin with 'y' only, and of those four bytes. */
static struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'y', 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 4),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static void setup(void)
{
	const struct sock_fprog prog = { .len = 4, .filter = code };

	SYS(socketpair(AF_UNIX, variant->arg, 0, sk));
	t_send(sk[0], "no");
	SYS(setsockopt(sk[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	t_set_sockopt(sk[1], SO_LOCK_FILTER, 1);
}

static void check(void)
{
	const struct sock_fprog prog = { .len = 4, .filter = code };
	struct sock_filter now[4] = {};
	socklen_t len = 4;

	EXPECT_RECV(sk[1], "no");
	SYS(getsockopt(sk[1], SOL_SOCKET, SO_GET_FILTER, now, &len));
	EXPECT_EQ(len, 4);
	EXPECT_MEM(now, code, sizeof(code));
	t_send(sk[0], "no more");
	t_send(sk[0], "yes, this");
	EXPECT_RECV(sk[1], "yes,");
	EXPECT_EMPTY(sk[1]);
	EXPECT_ERRNO(setsockopt(sk[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), EPERM);
	SYS(setsockopt(sk[0], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
}

ZDTM_TEST = {
	.doc = "a filter that lets some messages through, and what came before it",
	.object = "sockopt",
	.variants = VARIANTS({ "dgram", SOCK_DGRAM }, { "seqpacket", SOCK_SEQPACKET }),
	.setup = setup,
	.check = check,
};
