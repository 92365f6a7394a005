// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: links, addresses and routes of a network namespace, with the numbers they had. */
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>

#include "frame/net.h"
#include "probe.h"

#define DECLARED(release, option)                                                                  \
	.since = release, .kconfig = "CONFIG_NET " option, .capability = "CAP_NET_ADMIN",          \
	.source = "rtnetlink(7)"

#define UAPI_IFLA_NEW_IFINDEX 49

static int route_socket(void)
{
	return NEED(netlink_open(NETLINK_ROUTE));
}

/* A network namespace of its own with a task in it, as a file. */
static int other_network(pid_t *ret)
{
	static int stage;
	char path[64];
	pid_t pid = spawn();

	stage++;
	if (pid == 0) {
		own_network();
		reach(stage);
		linger();
	}
	await(stage);
	if (ret)
		*ret = pid;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return NEED(open(path, O_RDONLY | O_CLOEXEC));
}

static void begin_link(struct netlink_request *r, int type, int flags, int index, const char *name)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = index };

	netlink_begin(r, type, flags, &ifi, sizeof(ifi));
	if (name)
		netlink_put(r, IFLA_IFNAME, name, strlen(name) + 1);
}

static void put_u32(struct netlink_request *r, int type, uint32_t value)
{
	netlink_put(r, type, &value, sizeof(value));
}

/*
 * A veth pair: here under one index, its peer under another and in a namespace (-1: here, too). The
 * peer has its index only where the device is given one as well.
 */
static int make_veth(int nl, const char *name, int index, const char *peer, int peer_index,
		     int peer_ns)
{
	struct ifinfomsg ifi = { .ifi_index = peer_index };
	struct netlink_request r;
	struct nlattr *info, *data, *other;

	begin_link(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, index, name);
	info = netlink_nest(&r, IFLA_LINKINFO);
	netlink_put(&r, IFLA_INFO_KIND, "veth", 4);
	data = netlink_nest(&r, IFLA_INFO_DATA);
	other = netlink_nest(&r, VETH_INFO_PEER);
	/* The peer's own header is the attribute's first content. */
	memcpy((char *)&r + r.head.nlmsg_len, &ifi, sizeof(ifi));
	r.head.nlmsg_len += sizeof(ifi);
	netlink_put(&r, IFLA_IFNAME, peer, strlen(peer) + 1);
	if (peer_ns >= 0)
		put_u32(&r, IFLA_NET_NS_FD, peer_ns);
	netlink_nest_end(&r, other);
	netlink_nest_end(&r, data);
	netlink_nest_end(&r, info);
	return netlink_ask(nl, &r, NULL, NULL);
}

static void need_veth(int r)
{
	if (r < 0 && (errno == EOPNOTSUPP || errno == ENOENT))
		ABSENT("no veth devices (%s)", errno_name(errno));
	if (r < 0)
		DEVIATES("a veth pair cannot be made: %s", errno_name(errno));
}

/* The answer about one link, kept. */
static union {
	struct nlmsghdr head;
	char bytes[8192];
} kept;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	PROMISE_LT(msg->nlmsg_len, sizeof(kept.bytes));
	memcpy(kept.bytes, msg, msg->nlmsg_len);
}

static int get_link(int nl, int index, const char *name)
{
	struct netlink_request r;

	begin_link(&r, RTM_GETLINK, 0, index, name);
	return netlink_ask(nl, &r, keep, NULL);
}

static const struct nlattr *link_attr(int type)
{
	return netlink_attr(&kept.head, sizeof(struct ifinfomsg), type);
}

static int link_index(void)
{
	return ((struct ifinfomsg *)NLMSG_DATA(&kept.head))->ifi_index;
}

/*
 * Indices
 */

PROBE(ifindex, .what = "a device is made with the index that is asked for, and so is a veth's peer",
      DECLARED("3.7", "CONFIG_VETH"))
{
	int nl;

	own_network();
	nl = route_socket();
	need_veth(make_veth(nl, "here", 77, "there", 78, -1));
	NEED(get_link(nl, 0, "here"));
	PROMISE_EQ(link_index(), 77);
	NEED(get_link(nl, 78, NULL));
	PROMISE_STR((const char *)netlink_data(link_attr(IFLA_IFNAME)), "there");
	PROMISE_EQ(netlink_u32(link_attr(IFLA_LINK)), 77);
	/* An index is had once. */
	PROMISE(make_veth(nl, "again", 77, "other", 79, -1) < 0);
	PROMISE(errno == EBUSY || errno == EEXIST);
}

PROBE(new_ifindex, .what = "a device that is moved has the index there that is asked for",
      .since = "5.13", .commit = "eeb85a14ee34", .kconfig = "CONFIG_NET_NS CONFIG_VETH",
      .capability = "CAP_NET_ADMIN", .source = "rtnetlink(7)")
{
	struct netlink_request r;
	int nl, ns, there;
	pid_t pid;

	own_network();
	nl = route_socket();
	need_veth(make_veth(nl, "here", 77, "moved", 78, -1));
	ns = other_network(&pid);
	begin_link(&r, RTM_NEWLINK, 0, 78, NULL);
	put_u32(&r, IFLA_NET_NS_FD, ns);
	put_u32(&r, UAPI_IFLA_NEW_IFINDEX, 99);
	OFFERED(netlink_ask(nl, &r, NULL, NULL), "IFLA_NEW_IFINDEX", EINVAL, EOPNOTSUPP);
	NEED(setns(ns, CLONE_NEWNET));
	there = route_socket();
	NEED(get_link(there, 0, "moved"));
	if (link_index() == 78)
		ABSENT("the index asked for is ignored");
	PROMISE_EQ(link_index(), 99);
	PROMISE(get_link(nl, 78, NULL) < 0);
}

/*
 * Names of other namespaces
 */

static int nsid_of(int nl, int ns)
{
	struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
	struct netlink_request r;
	const struct nlattr *id;

	netlink_begin(&r, RTM_GETNSID, 0, &gen, sizeof(gen));
	put_u32(&r, NETNSA_FD, ns);
	OFFERED(netlink_ask(nl, &r, keep, NULL), "RTM_GETNSID", EOPNOTSUPP);
	id = netlink_attr(&kept.head, sizeof(gen), NETNSA_NSID);
	PROMISE(id);
	return netlink_u32(id);
}

static int set_nsid(int nl, int ns, int id)
{
	struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
	struct netlink_request r;

	netlink_begin(&r, RTM_NEWNSID, 0, &gen, sizeof(gen));
	put_u32(&r, NETNSA_FD, ns);
	put_u32(&r, NETNSA_NSID, id);
	return netlink_ask(nl, &r, NULL, NULL);
}

PROBE(nsid, .what = "a network namespace calls another by a number that is chosen once",
      .since = "4.0", .commit = "0c7aecd4bde4", .kconfig = "CONFIG_NET_NS",
      .capability = "CAP_NET_ADMIN", .source = "linux/net_namespace.h")
{
	int nl, ns, other;

	own_network();
	nl = route_socket();
	ns = other_network(NULL);
	other = other_network(NULL);
	PROMISE_EQ(nsid_of(nl, ns), -1);
	NEED(set_nsid(nl, ns, 77));
	PROMISE_EQ(nsid_of(nl, ns), 77);
	PROMISE_FAILS(set_nsid(nl, ns, 78), EEXIST);
	PROMISE(set_nsid(nl, other, 77) < 0);
	PROMISE(errno == ENOSPC || errno == EEXIST);
	PROMISE_EQ(nsid_of(nl, other), -1);
}

PROBE(link_netnsid,
      .what = "of a veth whose peer is elsewhere its namespace and index there are told",
      .since = "4.0", .commit = "d37512a277df", .kconfig = "CONFIG_NET_NS CONFIG_VETH",
      .capability = "CAP_NET_ADMIN", .source = "rtnetlink(7)")
{
	int nl, ns;

	own_network();
	nl = route_socket();
	ns = other_network(NULL);
	NEED(set_nsid(nl, ns, 77));
	need_veth(make_veth(nl, "here", 76, "there", 78, ns));
	NEED(get_link(nl, 0, "here"));
	PROMISE(link_attr(IFLA_LINK_NETNSID));
	PROMISE_EQ(netlink_u32(link_attr(IFLA_LINK_NETNSID)), 77);
	PROMISE_EQ(netlink_u32(link_attr(IFLA_LINK)), 78);
}

/*
 * Dumps, which are requests to make it all again
 */

/* Messages of a dump, one after the other. */
struct dump {
	char bytes[1 << 16];
	size_t size;
	int wanted_type, count;
};

static void append(const struct nlmsghdr *msg, void *arg)
{
	struct dump *d = arg;

	if (msg->nlmsg_type != d->wanted_type)
		return;
	PROMISE_LT(d->size + msg->nlmsg_len + 4, sizeof(d->bytes));
	memcpy(d->bytes + d->size, msg, msg->nlmsg_len);
	d->size += NLMSG_ALIGN(msg->nlmsg_len);
	d->count++;
}

static void dump_all(int nl, int get, int new, int family, struct dump *d)
{
	struct rtmsg rt = { .rtm_family = family };
	struct netlink_request r;

	memset(d, 0, sizeof(*d));
	d->wanted_type = new;
	netlink_begin(&r, get, NLM_F_DUMP, &rt, sizeof(rt));
	NEED(netlink_ask(nl, &r, append, d));
}

/* Sends each message back as it came, to make what it tells of. What is there already is fine. */
static void replay(int nl, const struct dump *d)
{
	for (size_t at = 0; at < d->size;) {
		const struct nlmsghdr *m = (const void *)(d->bytes + at);
		struct netlink_request r;

		PROMISE_LE(m->nlmsg_len, sizeof(r));
		memcpy(&r, m, m->nlmsg_len);
		at += NLMSG_ALIGN(m->nlmsg_len);
		/* Of priority 0 a rule is told without, and taken without for one of its own. */
		if (m->nlmsg_type == RTM_NEWRULE &&
		    !netlink_attr(m, sizeof(struct rtmsg), FRA_PRIORITY))
			continue;
		r.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
		if (netlink_ask(nl, &r, NULL, NULL) < 0 && errno != EEXIST)
			DEVIATES("message %d of a dump is not taken: %s", m->nlmsg_type,
				 errno_name(errno));
	}
}

static int add_address(int nl, int index, const char *text, int prefix)
{
	struct ifaddrmsg ifa = { .ifa_family = AF_INET,
				 .ifa_prefixlen = prefix,
				 .ifa_index = index };
	struct netlink_request r;
	struct in_addr addr;

	inet_pton(AF_INET, text, &addr);
	netlink_begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ifa, sizeof(ifa));
	netlink_put(&r, IFA_LOCAL, &addr, sizeof(addr));
	netlink_put(&r, IFA_ADDRESS, &addr, sizeof(addr));
	return netlink_ask(nl, &r, NULL, NULL);
}

static int add_route(int nl, int index, const char *to, int prefix, const char *via)
{
	struct rtmsg rt = { .rtm_family = AF_INET,
			    .rtm_dst_len = prefix,
			    .rtm_table = RT_TABLE_MAIN,
			    .rtm_protocol = RTPROT_STATIC,
			    .rtm_type = RTN_UNICAST,
			    .rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK };
	struct netlink_request r;
	struct in_addr addr;

	netlink_begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &rt, sizeof(rt));
	inet_pton(AF_INET, to, &addr);
	netlink_put(&r, RTA_DST, &addr, sizeof(addr));
	put_u32(&r, RTA_OIF, index);
	if (via) {
		inet_pton(AF_INET, via, &addr);
		netlink_put(&r, RTA_GATEWAY, &addr, sizeof(addr));
	}
	return netlink_ask(nl, &r, NULL, NULL);
}

static struct dump was, now;

PROBE(replay_addresses,
      .what = "addresses dumped in one namespace are taken as they are by another",
      DECLARED("2.2", "CONFIG_INET"))
{
	int nl;

	own_network();
	nl = route_socket();
	NEED(add_address(nl, 1, "10.77.0.1", 24));
	NEED(add_address(nl, 1, "10.77.0.2", 24));
	dump_all(nl, RTM_GETADDR, RTM_NEWADDR, AF_INET, &was);
	PROMISE_EQ(was.count, 3);
	own_network();
	nl = route_socket();
	replay(nl, &was);
	dump_all(nl, RTM_GETADDR, RTM_NEWADDR, AF_INET, &now);
	PROMISE_EQ(now.count, was.count);
	for (size_t i = 0, j = 0; i < was.size;) {
		const struct nlmsghdr *a = (void *)(was.bytes + i), *b = (void *)(now.bytes + j);

		PROMISE_EQ(netlink_u32(netlink_attr(a, sizeof(struct ifaddrmsg), IFA_LOCAL)),
			   netlink_u32(netlink_attr(b, sizeof(struct ifaddrmsg), IFA_LOCAL)));
		i += NLMSG_ALIGN(a->nlmsg_len);
		j += NLMSG_ALIGN(b->nlmsg_len);
	}
}

PROBE(replay_routes, .what = "routes dumped in one namespace are taken as they are by another",
      DECLARED("2.2", "CONFIG_INET"))
{
	int nl;

	own_network();
	nl = route_socket();
	NEED(add_address(nl, 1, "10.77.0.1", 24));
	NEED(add_route(nl, 1, "10.88.0.0", 16, NULL));
	dump_all(nl, RTM_GETROUTE, RTM_NEWROUTE, AF_INET, &was);
	PROMISE_GE(was.count, 3);
	own_network();
	nl = route_socket();
	NEED(add_address(nl, 1, "10.77.0.1", 24));
	replay(nl, &was);
	dump_all(nl, RTM_GETROUTE, RTM_NEWROUTE, AF_INET, &now);
	PROMISE_EQ(now.count, was.count);
	/* A gateway that no route leads to yet is refused: routes come in the order of their scopes. */
	PROMISE_FAILS(add_route(nl, 1, "10.99.0.0", 16, "172.31.7.7"), ENETUNREACH);
}

PROBE(replay_rules, .what = "routing rules are dumped and taken as they are",
      DECLARED("2.2", "CONFIG_IP_MULTIPLE_TABLES"))
{
	struct rtmsg rule = { .rtm_family = AF_INET, .rtm_table = 100, .rtm_type = RTN_UNICAST };
	struct netlink_request r;
	int nl;

	own_network();
	nl = route_socket();
	netlink_begin(&r, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &rule, sizeof(rule));
	put_u32(&r, FRA_PRIORITY, 1234);
	OFFERED(netlink_ask(nl, &r, NULL, NULL), "routing rules", EOPNOTSUPP);
	dump_all(nl, RTM_GETRULE, RTM_NEWRULE, AF_INET, &was);
	PROMISE_EQ(was.count, 4);
	own_network();
	nl = route_socket();
	replay(nl, &was);
	dump_all(nl, RTM_GETRULE, RTM_NEWRULE, AF_INET, &now);
	PROMISE_EQ(now.count, was.count);
}

static int add_neighbour(int nl, int index, const char *ip, unsigned char last)
{
	struct ndmsg nd = { .ndm_family = AF_INET,
			    .ndm_ifindex = index,
			    .ndm_state = NUD_PERMANENT };
	const unsigned char mac[6] = { 2, 0, 0, 0, 0, last };
	struct netlink_request r;
	struct in_addr addr;

	inet_pton(AF_INET, ip, &addr);
	netlink_begin(&r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, &nd, sizeof(nd));
	netlink_put(&r, NDA_DST, &addr, sizeof(addr));
	netlink_put(&r, NDA_LLADDR, mac, sizeof(mac));
	return netlink_ask(nl, &r, NULL, NULL);
}

PROBE(replay_neighbours,
      .what = "neighbours dumped in one namespace are taken as they are by another",
      DECLARED("2.2", "CONFIG_INET CONFIG_VETH"))
{
	int nl;

	own_network();
	nl = route_socket();
	need_veth(make_veth(nl, "here", 77, "there", 78, -1));
	NEED(add_neighbour(nl, 77, "10.77.0.8", 8));
	NEED(add_neighbour(nl, 77, "10.77.0.9", 9));
	dump_all(nl, RTM_GETNEIGH, RTM_NEWNEIGH, AF_INET, &was);
	PROMISE_EQ(was.count, 2);
	own_network();
	nl = route_socket();
	need_veth(make_veth(nl, "here", 77, "there", 78, -1));
	replay(nl, &was);
	dump_all(nl, RTM_GETNEIGH, RTM_NEWNEIGH, AF_INET, &now);
	PROMISE_EQ(now.count, 2);
	for (size_t i = 0; i < was.size;) {
		const struct nlmsghdr *a = (void *)(was.bytes + i);
		bool found = false;

		for (size_t j = 0; j < now.size;) {
			const struct nlmsghdr *b = (void *)(now.bytes + j);
			const size_t skip = sizeof(struct ndmsg);

			found |= memcmp(NLMSG_DATA(a), NLMSG_DATA(b), skip) == 0 &&
				 netlink_u32(netlink_attr(a, skip, NDA_DST)) ==
					 netlink_u32(netlink_attr(b, skip, NDA_DST)) &&
				 memcmp(netlink_data(netlink_attr(a, skip, NDA_LLADDR)),
					netlink_data(netlink_attr(b, skip, NDA_LLADDR)), 6) == 0;
			j += NLMSG_ALIGN(b->nlmsg_len);
		}
		PROMISE(found);
		i += NLMSG_ALIGN(a->nlmsg_len);
	}
}

static void count_links(const struct nlmsghdr *msg, void *arg)
{
	const struct nlattr *name = netlink_attr(msg, sizeof(struct ifinfomsg), IFLA_IFNAME);
	char *names = arg;

	if (msg->nlmsg_type == RTM_NEWLINK && name)
		snprintf(names + strlen(names), 256 - strlen(names), "%s ",
			 (const char *)netlink_data(name));
}

PROBE(fresh_namespace,
      .what = "every new network namespace has the same devices: lo, and what tunnels add",
      .since = "2.6.24", .kconfig = "CONFIG_NET_NS", .capability = "CAP_SYS_ADMIN",
      .source = "network_namespaces(7)", .guards = "sit-module-netns-race")
{
	char names[2][256] = { "", "" };
	char *only_init;

	for (int i = 0; i < 2; i++) {
		struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
		struct netlink_request r;

		own_network();
		netlink_begin(&r, RTM_GETLINK, NLM_F_DUMP, &gen, sizeof(gen));
		NEED(netlink_ask(route_socket(), &r, count_links, names[i]));
	}
	PROMISE_STR(names[0], names[1]);
	PROMISE(strstr(names[0], "lo "));
	/* Where it says so, tunnels leave new namespaces alone. */
	only_init = slurp("/proc/sys/net/core/fb_tunnels_only_for_init_net");
	if (!streq(names[0], "lo "))
		NOTE("devices %s(fb_tunnels_only_for_init_net %s)", names[0],
		     only_init ?: "is not there");
	if (only_init && atoi(only_init) == 1)
		PROMISE_STR(names[0], "lo ");
}
