// SPDX-License-Identifier: GPL-2.0-only
/* Connection tracking over netlink: entries read, deleted, and made again. */
#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.14", .kconfig = "CONFIG_NF_CONNTRACK CONFIG_NF_CT_NETLINK",                  \
	.capability = "CAP_NET_ADMIN", .source = "linux/netfilter/nfnetlink_conntrack.h",          \
	.guards = "conntrack-netlink-62"

static void begin(struct netlink_request *r, int type, int flags)
{
	struct nfgenmsg gen = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 };

	netlink_begin(r, NFNL_SUBSYS_CTNETLINK << 8 | type, flags, &gen, sizeof(gen));
}

static void put_be(struct netlink_request *r, int type, uint32_t value, size_t size)
{
	uint32_t four = htonl(value);
	uint16_t two = htons(value);

	netlink_put(r, type, size == 2 ? (void *)&two : &four, size);
}

static void put_tuple(struct netlink_request *r, int type, uint8_t protocol, uint32_t from,
		      uint16_t from_port, uint32_t to, uint16_t to_port)
{
	struct nlattr *tuple = netlink_nest(r, type), *part = netlink_nest(r, CTA_TUPLE_IP);

	put_be(r, CTA_IP_V4_SRC, from, 4);
	put_be(r, CTA_IP_V4_DST, to, 4);
	netlink_nest_end(r, part);
	part = netlink_nest(r, CTA_TUPLE_PROTO);
	netlink_put(r, CTA_PROTO_NUM, &protocol, 1);
	put_be(r, CTA_PROTO_SRC_PORT, from_port, 2);
	put_be(r, CTA_PROTO_DST_PORT, to_port, 2);
	netlink_nest_end(r, part);
	netlink_nest_end(r, tuple);
}

#define HERE  0x0a4d0001
#define THERE 0x0a4d0002

static int make_entry(int nl, uint8_t protocol)
{
	const uint8_t established = TCP_CONNTRACK_ESTABLISHED;
	const struct nf_ct_tcp_flags liberal = { IP_CT_TCP_FLAG_BE_LIBERAL,
						 IP_CT_TCP_FLAG_BE_LIBERAL };
	struct netlink_request r;
	struct nlattr *info, *tcp;

	begin(&r, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL);
	put_tuple(&r, CTA_TUPLE_ORIG, protocol, HERE, 1000, THERE, 2000);
	put_tuple(&r, CTA_TUPLE_REPLY, protocol, THERE, 2000, HERE, 1000);
	put_be(&r, CTA_TIMEOUT, 500, 4);
	put_be(&r, CTA_MARK, 0x77, 4);
	put_be(&r, CTA_STATUS, IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED, 4);
	if (protocol == IPPROTO_TCP) {
		info = netlink_nest(&r, CTA_PROTOINFO);
		tcp = netlink_nest(&r, CTA_PROTOINFO_TCP);
		netlink_put(&r, CTA_PROTOINFO_TCP_STATE, &established, 1);
		netlink_put(&r, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, &liberal, sizeof(liberal));
		netlink_put(&r, CTA_PROTOINFO_TCP_FLAGS_REPLY, &liberal, sizeof(liberal));
		netlink_nest_end(&r, tcp);
		netlink_nest_end(&r, info);
	}
	return netlink_ask(nl, &r, NULL, NULL);
}

static struct {
	int n;
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} msg;
} reply;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	PROMISE_LT(msg->nlmsg_len, sizeof(reply.msg));
	memcpy(&reply.msg, msg, msg->nlmsg_len);
	reply.n++;
}

static void dump(int nl)
{
	struct netlink_request r;

	reply.n = 0;
	begin(&r, IPCTNL_MSG_CT_GET, NLM_F_DUMP);
	NEED(netlink_ask(nl, &r, keep, NULL));
}

static const struct nlattr *attr(int type)
{
	const struct nlattr *a = netlink_attr(&reply.msg.head, sizeof(struct nfgenmsg), type);

	if (!a)
		DEVIATES("an entry lacks attribute %d", type);
	return a;
}

static int own_conntrack(void)
{
	int nl;

	own_network();
	nl = OFFERED(netlink_open(NETLINK_NETFILTER), "netfilter netlink", EPROTONOSUPPORT);
	return nl;
}

static void round_trip(uint8_t protocol)
{
	int nl = own_conntrack();
	struct netlink_request r;
	uint32_t timeout;

	OFFERED(make_entry(nl, protocol), "conntrack over netlink", EINVAL, EOPNOTSUPP);
	PROMISE(make_entry(nl, protocol) < 0);
	PROMISE_EQ(errno, EEXIST);
	dump(nl);
	PROMISE_EQ(reply.n, 1);
	PROMISE_EQ(ntohl(netlink_u32(attr(CTA_MARK))), 0x77);
	timeout = ntohl(netlink_u32(attr(CTA_TIMEOUT)));
	PROMISE(timeout > 490 && timeout <= 500);
	PROMISE_EQ(ntohl(netlink_u32(attr(CTA_STATUS))) & (IPS_SEEN_REPLY | IPS_ASSURED),
		   IPS_SEEN_REPLY | IPS_ASSURED);

	/* The dump is a request to make it again, in a namespace that has none. */
	nl = own_conntrack();
	dump(nl);
	PROMISE_EQ(reply.n, 0);
	PROMISE_LE(reply.msg.head.nlmsg_len, sizeof(r));
	memcpy(&r, &reply.msg, reply.msg.head.nlmsg_len);
	r.head.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	r.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	NEED(netlink_ask(nl, &r, NULL, NULL));
	dump(nl);
	PROMISE_EQ(reply.n, 1);
	PROMISE_EQ(ntohl(netlink_u32(attr(CTA_MARK))), 0x77);

	begin(&r, IPCTNL_MSG_CT_DELETE, 0);
	put_tuple(&r, CTA_TUPLE_ORIG, protocol, HERE, 1000, THERE, 2000);
	NEED(netlink_ask(nl, &r, NULL, NULL));
	dump(nl);
	PROMISE_EQ(reply.n, 0);
}

PROBE(udp, .what = "an entry of UDP is made, dumped, made again from the dump, and deleted",
      DECLARED)
{
	round_trip(IPPROTO_UDP);
}

PROBE(tcp, .what = "an entry of TCP is made with state and flags, and again from its dump",
      DECLARED)
{
	round_trip(IPPROTO_TCP);
}
