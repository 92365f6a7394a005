// SPDX-License-Identifier: GPL-2.0-only
/* sock_diag of AF_UNIX: all unix sockets of a network namespace. */
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#define DECLARED                                                                                   \
	.since = "3.3", .kconfig = "CONFIG_UNIX_DIAG", .source = "sock_diag(7), linux/unix_diag.h"

#define SHOW_ALL 0x7f

/* The answer about one socket, kept. */
static struct {
	ino_t wanted;
	bool found;
	union {
		struct nlmsghdr head;
		char bytes[4096];
	};
} reply;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	const struct unix_diag_msg *m = NLMSG_DATA(msg);

	if (m->udiag_ino != reply.wanted)
		return;
	PROMISE(!reply.found);
	PROMISE_LT(msg->nlmsg_len, sizeof(reply.bytes));
	memcpy(reply.bytes, msg, msg->nlmsg_len);
	reply.found = true;
}

static const struct unix_diag_msg *look_up(int sk)
{
	struct unix_diag_req req = { .sdiag_family = AF_UNIX,
				     .udiag_states = ~0U,
				     .udiag_show = SHOW_ALL };
	struct netlink_request r;
	struct stat st;
	int nl = NEED(netlink_open(NETLINK_SOCK_DIAG));

	NEED(fstat(sk, &st));
	reply.wanted = st.st_ino;
	reply.found = false;
	netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	OFFERED(netlink_ask(nl, &r, keep, NULL), "sock_diag of unix sockets", ENOENT, EINVAL);
	close(nl);
	if (!reply.found)
		DEVIATES("sock_diag does not list a socket of ours");
	return NLMSG_DATA(&reply.head);
}

static const struct nlattr *attr(int type)
{
	return netlink_attr(&reply.head, sizeof(struct unix_diag_msg), type);
}

static int bound(int type, const void *name, size_t len)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sk = NEED(socket(AF_UNIX, type, 0));

	memcpy(addr.sun_path, name, len);
	NEED(bind(sk, (struct sockaddr *)&addr, offsetof(struct sockaddr_un, sun_path) + len));
	return sk;
}

PROBE(pair, .what = "sock_diag lists a pair of unix sockets by their inodes, each the other's peer",
      DECLARED)
{
	const struct unix_diag_msg *m;
	struct stat st;
	int sk[2];

	NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sk));
	m = look_up(sk[0]);
	PROMISE_EQ(m->udiag_family, AF_UNIX);
	PROMISE_EQ(m->udiag_type, SOCK_SEQPACKET);
	PROMISE_EQ(m->udiag_state, 1);
	NEED(fstat(sk[1], &st));
	PROMISE(attr(UNIX_DIAG_PEER));
	PROMISE_EQ(netlink_u32(attr(UNIX_DIAG_PEER)), st.st_ino);
	close(sk[1]);
	look_up(sk[0]);
	/* A peer that is gone has no inode any more. */
	PROMISE(!attr(UNIX_DIAG_PEER) || netlink_u32(attr(UNIX_DIAG_PEER)) == 0);
}

PROBE(names, .what = "sock_diag tells the path and inode a socket is bound to, and abstract names",
      DECLARED)
{
	const struct unix_diag_vfs *vfs;
	char name[16] = "\0probe";
	struct stat st;
	int sk;

	workdir();
	sk = bound(SOCK_DGRAM, "./socket", 9);
	look_up(sk);
	PROMISE(attr(UNIX_DIAG_NAME));
	/* With the NUL it was bound with. */
	PROMISE_EQ(netlink_size(attr(UNIX_DIAG_NAME)), 9);
	PROMISE_MEM(netlink_data(attr(UNIX_DIAG_NAME)), "./socket", 9);
	PROMISE(attr(UNIX_DIAG_VFS));
	vfs = netlink_data(attr(UNIX_DIAG_VFS));
	NEED(stat("socket", &st));
	PROMISE_EQ(vfs->udiag_vfs_ino, (uint32_t)st.st_ino);
	PROMISE_EQ(vfs->udiag_vfs_dev, major(st.st_dev) << 20 | minor(st.st_dev));

	*(pid_t *)(name + 8) = getpid();
	sk = bound(SOCK_DGRAM, name, 12);
	look_up(sk);
	PROMISE(attr(UNIX_DIAG_NAME));
	PROMISE_EQ(netlink_size(attr(UNIX_DIAG_NAME)), 12);
	PROMISE_MEM(netlink_data(attr(UNIX_DIAG_NAME)), name, 12);
	PROMISE(!attr(UNIX_DIAG_VFS));
}

PROBE(queues, .what = "sock_diag tells waiting connections, queue lengths and what is shut down",
      DECLARED)
{
	const struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "listener" };
	const struct unix_diag_rqlen *q;
	int listener, client, sk[2];
	struct stat st;

	workdir();
	listener = bound(SOCK_STREAM, "listener", 9);
	NEED(listen(listener, 5));
	client = NEED(socket(AF_UNIX, SOCK_STREAM, 0));
	NEED(connect(client, (const struct sockaddr *)&addr, sizeof(addr)));
	NEED(fstat(client, &st));
	PROMISE_EQ(look_up(listener)->udiag_state, 10);
	PROMISE(attr(UNIX_DIAG_ICONS));
	PROMISE_EQ(netlink_size(attr(UNIX_DIAG_ICONS)), 4);
	PROMISE_EQ(netlink_u32(attr(UNIX_DIAG_ICONS)), st.st_ino);
	q = netlink_data(attr(UNIX_DIAG_RQLEN));
	PROMISE_EQ(q->udiag_rqueue, 1);
	PROMISE_EQ(q->udiag_wqueue, 5);

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
	NEED(send(sk[0], "12345", 5, 0));
	NEED(shutdown(sk[1], SHUT_WR));
	look_up(sk[1]);
	q = netlink_data(attr(UNIX_DIAG_RQLEN));
	PROMISE_EQ(q->udiag_rqueue, 5);
	PROMISE(attr(UNIX_DIAG_SHUTDOWN));
	PROMISE_EQ(*(const uint8_t *)netlink_data(attr(UNIX_DIAG_SHUTDOWN)), 2);
	look_up(sk[0]);
	PROMISE_EQ(*(const uint8_t *)netlink_data(attr(UNIX_DIAG_SHUTDOWN)), 1);
}

PROBE(uid, .what = "sock_diag tells whose a unix socket is", .since = "5.3",
      .commit = "cae9910e7344", .kconfig = "CONFIG_UNIX_DIAG", .source = "linux/unix_diag.h")
{
	int sk = NEED(socket(AF_UNIX, SOCK_STREAM, 0));

	look_up(sk);
	if (!attr(UNIX_DIAG_UID))
		ABSENT("sock_diag does not tell the user of a unix socket");
	PROMISE_EQ(netlink_u32(attr(UNIX_DIAG_UID)), geteuid());
}

PROBE(dgram_state, .what = "sock_diag calls a connected datagram socket established, others closed",
      .since = "5.15", .commit = "83301b5367a9", .kconfig = "CONFIG_UNIX_DIAG",
      .source = "net/unix/af_unix.c", .guards = "unix-dgram-established")
{
	int sk[2], lone = NEED(socket(AF_UNIX, SOCK_DGRAM, 0));

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	PROMISE_EQ(look_up(lone)->udiag_state, 7);
	if (look_up(sk[0])->udiag_state == 7)
		ABSENT("a connected datagram socket is called closed");
	PROMISE_EQ(look_up(sk[0])->udiag_state, 1);
}

PROBE(attributes_known, .what = "every attribute sock_diag has for unix sockets has a word",
      DECLARED)
{
	const struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int sk[4];

	workdir();
	sk[2] = bound(SOCK_STREAM, "listener", 9);
	NEED(listen(sk[2], 5));
	sk[3] = NEED(socket(AF_UNIX, SOCK_STREAM, 0));
	NEED(connect(sk[3], (const struct sockaddr *)&addr, sizeof(addr)));
	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	for (int i = 0; i < 4; i++) {
		look_up(sk[i]);
		for_each_attr(a, &reply.head, sizeof(struct unix_diag_msg))
		{
			char told[32];

			snprintf(told, sizeof(told), "attribute %d,", a->nla_type);
			if (a->nla_type > UNIX_DIAG_UID && !probe_told(told))
				NEW("unix_diag %s of %zu bytes", told, netlink_size(a));
		}
	}
}
