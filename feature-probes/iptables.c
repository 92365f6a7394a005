// SPDX-License-Identifier: GPL-2.0-only
/* The tables of iptables as they were before nf_tables: read and replaced whole. */
#include <netinet/in.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

/* As modules they are loaded by iptables and by nothing else. */
#define DECLARED                                                                                   \
	.since = "2.4", .kconfig = "CONFIG_IP_NF_IPTABLES=y CONFIG_IP_NF_FILTER=y",                \
	.capability = "CAP_NET_ADMIN", .source = "linux/netfilter_ipv4/ip_tables.h",               \
	.guards = "xtables-legacy-off"

static struct ipt_getinfo filter_info(int sk)
{
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t len = sizeof(info);

	OFFERED(getsockopt(sk, SOL_IP, IPT_SO_GET_INFO, &info, &len), "filter table of iptables",
		ENOPROTOOPT, ENOENT);
	return info;
}

static int raw_socket(void)
{
	own_network();
	return NEED(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
}

PROBE(round_trip, .what = "a table is read, and replaced by what was read, without a difference",
      DECLARED)
{
	int sk = raw_socket();
	struct ipt_getinfo info = filter_info(sk), again;
	struct ipt_get_entries *was = NEED(calloc(1, sizeof(*was) + info.size)),
			       *now = NEED(calloc(1, sizeof(*now) + info.size));
	struct ipt_replace *new = NEED(calloc(1, sizeof(*new) + info.size));
	socklen_t len = sizeof(*was) + info.size;

	strcpy(was->name, "filter");
	was->size = info.size;
	NEED(getsockopt(sk, SOL_IP, IPT_SO_GET_ENTRIES, was, &len));
	strcpy(new->name, "filter");
	new->valid_hooks = info.valid_hooks;
	new->num_entries = info.num_entries;
	new->size = info.size;
	memcpy(new->hook_entry, info.hook_entry, sizeof(info.hook_entry));
	memcpy(new->underflow, info.underflow, sizeof(info.underflow));
	new->num_counters = info.num_entries;
	new->counters = NEED(calloc(info.num_entries, sizeof(struct xt_counters)));
	memcpy(new->entries, was->entrytable, info.size);
	NEED(setsockopt(sk, SOL_IP, IPT_SO_SET_REPLACE, new, sizeof(*new) + info.size));
	again = filter_info(sk);
	PROMISE_EQ(again.num_entries, info.num_entries);
	PROMISE_EQ(again.size, info.size);
	strcpy(now->name, "filter");
	now->size = info.size;
	NEED(getsockopt(sk, SOL_IP, IPT_SO_GET_ENTRIES, now, &len));
	/* The three chains that every such table has, and its end. */
	PROMISE_GE(info.num_entries, 4);
	PROMISE_MEM(((struct ipt_entry *)now->entrytable)->elems,
		    ((struct ipt_entry *)was->entrytable)->elems, 40);
}

PROBE(ip6_fresh,
      .what = "tables of fresh network namespaces are read time and again without a warning",
      .since = "2.4", .kconfig = "CONFIG_IP6_NF_IPTABLES=y CONFIG_IP6_NF_FILTER=y",
      .capability = "CAP_NET_ADMIN", .source = "linux/netfilter_ipv6/ip6_tables.h",
      .guards = "bad-page-ip6tables")
{
	unsigned long before = taint();
	struct ip6t_getinfo info;
	socklen_t len;
	int sk;

	for (int i = 0; i < 5; i++) {
		struct ip6t_get_entries *entries;

		own_network();
		sk = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
		need_ipv6(sk);
		info = (struct ip6t_getinfo){ .name = "filter" };
		len = sizeof(info);
		OFFERED(getsockopt(sk, SOL_IPV6, IP6T_SO_GET_INFO, &info, &len),
			"filter table of ip6tables", ENOPROTOOPT, ENOENT);
		entries = NEED(calloc(1, sizeof(*entries) + info.size));
		strcpy(entries->name, "filter");
		entries->size = info.size;
		len = sizeof(*entries) + info.size;
		NEED(getsockopt(sk, SOL_IPV6, IP6T_SO_GET_ENTRIES, entries, &len));
		close(sk);
		free(entries);
	}
	PROMISE_EQ(taint(), before);
}
