// SPDX-License-Identifier: GPL-2.0-only
/* sock_diag of AF_INET and AF_INET6: all internet sockets of a network namespace. */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#define DECLARED                                                                                   \
	.since = "3.3", .kconfig = "CONFIG_INET_DIAG CONFIG_INET_TCP_DIAG", .source = "sock_diag(7)"

struct listed {
	int n;
	struct {
		struct inet_diag_msg msg;
		int shutdown; /* -1: not told */
	} sk[64];
};

/* Sockets that have this port on either side. */
static uint16_t port_wanted;

static void keep(const struct nlmsghdr *msg, void *arg)
{
	struct listed *to = arg;
	const struct inet_diag_msg *m = NLMSG_DATA(msg);
	const struct nlattr *a = netlink_attr(msg, sizeof(*m), INET_DIAG_SHUTDOWN);

	if (m->id.idiag_sport != port_wanted && m->id.idiag_dport != port_wanted)
		return;
	PROMISE_LT(to->n, ARRAY_SIZE(to->sk));
	to->sk[to->n].msg = *m;
	to->sk[to->n].shutdown = a ? *(const uint8_t *)netlink_data(a) : -1;
	to->n++;
	for_each_attr(b, msg, sizeof(*m))
	{
		char told[32];

		snprintf(told, sizeof(told), "attribute %d,", b->nla_type);
		if (b->nla_type > 22 /* INET_DIAG_SOCKOPT */ && !probe_told(told))
			NEW("inet_diag %s of %zu bytes", told, netlink_size(b));
	}
}

static int dump(int family, int protocol, struct listed *to)
{
	struct inet_diag_req_v2 req = { .sdiag_family = family,
					.sdiag_protocol = protocol,
					.idiag_ext = 0xff,
					.idiag_states = ~0U };
	struct netlink_request r;
	int nl = NEED(netlink_open(NETLINK_SOCK_DIAG)), result;

	to->n = 0;
	netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	result = netlink_ask(nl, &r, keep, to);
	close(nl);
	return result;
}

#define OFFERED_DUMP(family, protocol, to)                                                         \
	OFFERED(dump(family, protocol, to), "sock_diag of that protocol", ENOENT, EINVAL)

static ino_t inode_of(int sk)
{
	struct stat st;

	NEED(fstat(sk, &st));
	return st.st_ino;
}

/* Bound to loopback, at a port of the kernel's choice. */
static int bound(int type, struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int sk = NEED(socket(AF_INET, type | SOCK_CLOEXEC, 0));

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	NEED(bind(sk, (struct sockaddr *)addr, len));
	NEED(getsockname(sk, (struct sockaddr *)addr, &len));
	port_wanted = addr->sin_port;
	return sk;
}

PROBE(tcp, .what = "sock_diag lists listener and both ends of a connection, as they are", DECLARED)
{
	static struct listed l;
	struct sockaddr_in addr;
	int listener, client, server, seen = 0;

	quiet_network();
	listener = bound(SOCK_STREAM, &addr);
	NEED(listen(listener, 4));
	client = NEED(socket(AF_INET, SOCK_STREAM, 0));
	NEED(connect(client, (struct sockaddr *)&addr, sizeof(addr)));
	server = NEED(accept(listener, NULL, NULL));
	NEED(shutdown(client, SHUT_RD));
	OFFERED_DUMP(AF_INET, IPPROTO_TCP, &l);
	PROMISE_EQ(l.n, 3);
	for (int i = 0; i < 3; i++) {
		const struct inet_diag_msg *m = &l.sk[i].msg;

		PROMISE_EQ(m->idiag_family, AF_INET);
		PROMISE_EQ(m->id.idiag_src[0], htonl(INADDR_LOOPBACK));
		if (m->idiag_inode == inode_of(listener)) {
			PROMISE_EQ(m->idiag_state, TCP_LISTEN);
			PROMISE_EQ(m->id.idiag_sport, addr.sin_port);
			seen |= 1;
		} else if (m->idiag_inode == inode_of(server)) {
			PROMISE_EQ(m->idiag_state, TCP_ESTABLISHED);
			PROMISE_EQ(m->id.idiag_sport, addr.sin_port);
			seen |= 2;
		} else if (m->idiag_inode == inode_of(client)) {
			PROMISE_EQ(m->idiag_state, TCP_ESTABLISHED);
			PROMISE_EQ(m->id.idiag_dport, addr.sin_port);
			PROMISE_EQ(l.sk[i].shutdown, 1);
			seen |= 4;
		}
	}
	PROMISE_EQ(seen, 7);
}

PROBE(unaccepted, .what = "a connection nobody has accepted is listed with inode 0, none twice",
      DECLARED, .guards = "sockdiag-dup-inode")
{
	static struct listed l;
	struct sockaddr_in addr;
	int listener, zero = 0;

	quiet_network();
	listener = bound(SOCK_STREAM, &addr);
	NEED(listen(listener, 4));
	for (int i = 0; i < 3; i++) {
		int client = NEED(socket(AF_INET, SOCK_STREAM, 0));

		NEED(connect(client, (struct sockaddr *)&addr, sizeof(addr)));
	}
	OFFERED_DUMP(AF_INET, IPPROTO_TCP, &l);
	PROMISE_EQ(l.n, 7);
	for (int i = 0; i < l.n; i++) {
		zero += l.sk[i].msg.idiag_inode == 0;
		for (int j = 0; j < i; j++)
			if (l.sk[i].msg.idiag_inode)
				PROMISE_NE(l.sk[i].msg.idiag_inode, l.sk[j].msg.idiag_inode);
	}
	PROMISE_EQ(zero, 3);
}

PROBE(mapped_v4, .what = "an IPv6 socket with an IPv4 address is listed as an IPv6 one", DECLARED,
      .guards = "bind-v4mapped-any")
{
	static struct listed l;
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(addr);
	int sk;

	quiet_network();
	sk = socket(AF_INET6, SOCK_STREAM, 0);
	need_ipv6(sk);
	NEED(inet_pton(AF_INET6, "::ffff:127.0.0.1", &addr.sin6_addr));
	NEED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(listen(sk, 1));
	NEED(getsockname(sk, (struct sockaddr *)&addr, &len));
	port_wanted = addr.sin6_port;
	OFFERED_DUMP(AF_INET6, IPPROTO_TCP, &l);
	PROMISE_EQ(l.n, 1);
	PROMISE_EQ(l.sk[0].msg.idiag_inode, inode_of(sk));
	PROMISE_EQ(l.sk[0].msg.idiag_family, AF_INET6);
	PROMISE_MEM(l.sk[0].msg.id.idiag_src, &addr.sin6_addr, 16);
}

PROBE(udp, .what = "sock_diag lists UDP sockets, connected ones with their peer", .since = "3.3",
      .kconfig = "CONFIG_INET_UDP_DIAG", .source = "sock_diag(7)")
{
	static struct listed l;
	struct sockaddr_in addr, peer;
	int sk, other;

	quiet_network();
	other = bound(SOCK_DGRAM, &peer);
	sk = bound(SOCK_DGRAM, &addr);
	OFFERED_DUMP(AF_INET, IPPROTO_UDP, &l);
	PROMISE_EQ(l.n, 1);
	PROMISE_EQ(l.sk[0].msg.idiag_state, TCP_CLOSE);
	NEED(connect(sk, (struct sockaddr *)&peer, sizeof(peer)));
	NEED(dump(AF_INET, IPPROTO_UDP, &l));
	PROMISE_EQ(l.n, 1);
	PROMISE_EQ(l.sk[0].msg.idiag_inode, inode_of(sk));
	PROMISE_EQ(l.sk[0].msg.idiag_state, TCP_ESTABLISHED);
	PROMISE_EQ(l.sk[0].msg.id.idiag_dport, peer.sin_port);
	close(other);
}

PROBE(raw, .what = "sock_diag lists raw sockets with their protocol for a port", .since = "4.10",
      .commit = "432490f9d455", .kconfig = "CONFIG_INET_RAW_DIAG", .capability = "CAP_NET_RAW",
      .source = "net/ipv4/raw_diag.c")
{
	static struct listed l;
	int sk;

	need_privilege("CAP_NET_RAW");
	quiet_network();
	sk = NEED(socket(AF_INET, SOCK_RAW, 47));
	port_wanted = htons(47);
	OFFERED(dump(AF_INET, IPPROTO_RAW, &l), "sock_diag of raw sockets", ENOENT, EINVAL);
	PROMISE_EQ(l.n, 1);
	PROMISE_EQ(l.sk[0].msg.idiag_inode, inode_of(sk));
}

PROBE(udplite, .what = "UDP-Lite sockets can be made and are listed, or neither", .since = "3.3",
      .until = "7.1", .kconfig = "CONFIG_INET_UDP_DIAG", .source = "udplite(7)",
      .guards = "udplite-removed")
{
	static struct listed l;
	int sk, r;

	quiet_network();
	sk = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	r = dump(AF_INET, IPPROTO_UDPLITE, &l);
	if (r < 0)
		PROMISE_EQ(errno, ENOENT);
	/* Gone as of 7.1. The listing may be missing alone: it is a module of its own. */
	if (sk < 0)
		ABSENT("no UDP-Lite");
	if (r < 0)
		ABSENT("no sock_diag of UDP-Lite (ENOENT)");
}

PROBE(protocols, .what = "a protocol nobody has is ENOENT, which ends no other dump", DECLARED,
      .guards = "udplite-removed")
{
	static struct listed l;

	quiet_network();
	OFFERED_DUMP(AF_INET, IPPROTO_TCP, &l);
	PROMISE_FAILS(dump(AF_INET, 250, &l), ENOENT);
	NEED(dump(AF_INET, IPPROTO_TCP, &l));
}
