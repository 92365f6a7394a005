// SPDX-License-Identifier: GPL-2.0-only
/* Netlink sockets, and what sock_diag tells of them. */
#include <linux/netlink_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

#define DECLARED(release) .since = release, .kconfig = "CONFIG_NET", .source = "netlink(7)"

static int join(int sk, int group)
{
	return setsockopt(sk, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

PROBE(memberships, .what = "a netlink socket tells the groups it is in, those above 32 as well",
      .since = "4.2", .commit = "b42be38b2778", .kconfig = "CONFIG_NET", .source = "netlink(7)")
{
	uint32_t groups[8] = {};
	socklen_t len = sizeof(groups);
	int sk = NEED(netlink_open(NETLINK_ROUTE));

	NEED(join(sk, RTNLGRP_LINK));
	NEED(join(sk, RTNLGRP_NSID));
	NEED(join(sk, 33));
	OFFERED(getsockopt(sk, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &len),
		"NETLINK_LIST_MEMBERSHIPS", ENOPROTOOPT);
	PROMISE_GE(len, 8);
	PROMISE_EQ(groups[0], 1U << (RTNLGRP_LINK - 1) | 1U << (RTNLGRP_NSID - 1));
	PROMISE_EQ(groups[1], 1);
	/* How much there would be is told, however little is taken. */
	len = 0;
	NEED(getsockopt(sk, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &len));
	PROMISE_GE(len, 8);
}

PROBE(options, .what = "the options of a netlink socket read back as they were set",
      DECLARED("4.2"))
{
	static const int options[] = { NETLINK_PKTINFO,    NETLINK_BROADCAST_ERROR,
				       NETLINK_NO_ENOBUFS, NETLINK_CAP_ACK,
				       NETLINK_EXT_ACK,    NETLINK_GET_STRICT_CHK };
	int sk = NEED(netlink_open(NETLINK_ROUTE)), on = 1;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		socklen_t len = sizeof(int);
		int value = -1;

		NEED(getsockopt(sk, SOL_NETLINK, options[i], &value, &len));
		PROMISE_EQ(value, 0);
		NEED(setsockopt(sk, SOL_NETLINK, options[i], &on, sizeof(on)));
		NEED(getsockopt(sk, SOL_NETLINK, options[i], &value, &len));
		PROMISE_EQ(value, 1);
	}
}

PROBE(portid, .what = "a netlink socket is bound to the port it had, which one has at a time",
      DECLARED("2.2"))
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_pid = 0x7001234 }, now;
	socklen_t len = sizeof(now);
	int a = NEED(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)),
	    b = NEED(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));

	quiet_network();
	addr.nl_pid ^= getpid();
	NEED(bind(a, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(getsockname(a, (struct sockaddr *)&now, &len));
	PROMISE_EQ(now.nl_pid, addr.nl_pid);
	PROMISE_FAILS(bind(b, (struct sockaddr *)&addr, sizeof(addr)), EADDRINUSE);
	PROMISE_FAILS(bind(a,
			   (struct sockaddr *)&(struct sockaddr_nl){ .nl_family = AF_NETLINK,
								     .nl_pid = 77 },
			   sizeof(addr)),
		      EINVAL);
}

static struct {
	ino_t wanted;
	bool found;
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} msg;
} reply;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	const struct netlink_diag_msg *m = NLMSG_DATA(msg);

	if (m->ndiag_ino != reply.wanted)
		return;
	PROMISE_LT(msg->nlmsg_len, sizeof(reply.msg));
	memcpy(&reply.msg, msg, msg->nlmsg_len);
	reply.found = true;
	for_each_attr(a, msg, sizeof(*m))
	{
		if (a->nla_type > NETLINK_DIAG_FLAGS)
			NEW("netlink_diag attribute %d of %zu bytes", a->nla_type, netlink_size(a));
	}
}

PROBE(diag, .what = "sock_diag tells protocol, port, groups and flags of each netlink socket",
      .since = "3.10", .kconfig = "CONFIG_NETLINK_DIAG", .source = "linux/netlink_diag.h")
{
	struct netlink_diag_req req = { .sdiag_family = AF_NETLINK,
					.sdiag_protocol = NDIAG_PROTO_ALL,
					.ndiag_show = NDIAG_SHOW_GROUPS | NDIAG_SHOW_FLAGS |
						      NDIAG_SHOW_MEMINFO };
	const struct netlink_diag_msg *m;
	const struct nlattr *groups, *flags;
	struct netlink_request r;
	struct sockaddr_nl addr;
	socklen_t len = sizeof(addr);
	struct stat st;
	int sk, nl, on = 1;

	quiet_network();
	sk = NEED(netlink_open(NETLINK_ROUTE));
	NEED(join(sk, RTNLGRP_LINK));
	NEED(setsockopt(sk, SOL_NETLINK, NETLINK_PKTINFO, &on, sizeof(on)));
	NEED(getsockname(sk, (struct sockaddr *)&addr, &len));
	NEED(fstat(sk, &st));
	reply.wanted = st.st_ino;
	nl = NEED(netlink_open(NETLINK_SOCK_DIAG));
	netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	OFFERED(netlink_ask(nl, &r, keep, NULL), "sock_diag of netlink sockets", ENOENT, EINVAL);
	PROMISE(reply.found);
	m = NLMSG_DATA(&reply.msg.head);
	PROMISE_EQ(m->ndiag_family, AF_NETLINK);
	PROMISE_EQ(m->ndiag_protocol, NETLINK_ROUTE);
	PROMISE_EQ(m->ndiag_portid, addr.nl_pid);
	groups = netlink_attr(&reply.msg.head, sizeof(*m), NETLINK_DIAG_GROUPS);
	PROMISE(groups);
	PROMISE_EQ(netlink_u32(groups) & 0xff, 1 << (RTNLGRP_LINK - 1));
	/* Since 4.6. */
	flags = netlink_attr(&reply.msg.head, sizeof(*m), NETLINK_DIAG_FLAGS);
	if (flags)
		PROMISE_EQ(netlink_u32(flags) & NDIAG_FLAG_PKTINFO, NDIAG_FLAG_PKTINFO);
}

GAP(dump_position,
    .what = "nobody tells how far a dump has come that its reader has not read to the end",
    .kconfig = "CONFIG_NET", .source = "netlink(7)")
{
	struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} req = { { sizeof(req), RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, gen };
	int with = NEED(netlink_open(NETLINK_ROUTE)), without = NEED(netlink_open(NETLINK_ROUTE));

	NEED(send(with, &req, sizeof(req), 0));
	PROMISE(poll_now(with, POLLIN));
	tried_files(with, without);
	TRIED("sock_diag: that there is one, NDIAG_FLAG_CB_RUNNING");
}
