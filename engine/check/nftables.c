// SPDX-License-Identifier: GPL-2.0-only
/* nf_tables, in network namespaces of its own. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>

#include "engine/base/cleanup.h"
#include "feature.h"
#include "netlink.h"

/* Changes that take effect together. */
struct batch {
	struct nl_sock *nl;
	char bytes[4096];
	size_t n;
};

static void batch_put(struct batch *b, struct nl_msg *msg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);

	h->nlmsg_flags |= NLM_F_REQUEST;
	if (b->n + NLMSG_ALIGN(h->nlmsg_len) <= sizeof(b->bytes)) {
		memcpy(b->bytes + b->n, h, h->nlmsg_len);
		b->n += NLMSG_ALIGN(h->nlmsg_len);
	}
	nlmsg_free(msg);
}

static struct nl_msg *nft_message(int type, int flags, int family, int subsystem)
{
	struct nfgenmsg gen = { family, NFNETLINK_V0, htons(subsystem) };

	return netlink_message(type, flags, &gen, sizeof(gen));
}

static void batch_mark(struct batch *b, int type)
{
	struct nl_msg *msg = nft_message(type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);

	if (msg)
		batch_put(b, msg);
}

static struct nl_msg *nft(int type, int flags)
{
	return nft_message(NFNL_SUBSYS_NFTABLES << 8 | type, flags, NFPROTO_INET, 0);
}

static void put_be32(struct nl_msg *msg, int type, uint32_t value)
{
	nla_put_u32(msg, type, htonl(value));
}

static void add_table(struct batch *b)
{
	struct nl_msg *msg = nft(NFT_MSG_NEWTABLE, NLM_F_CREATE);

	if (!msg)
		return;
	nla_put_string(msg, NFTA_TABLE_NAME, "check");
	batch_put(b, msg);
}

/* What drops all that comes in, but for what is in the set. */
static void add_chain(struct batch *b)
{
	struct nl_msg *msg = nft(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook;

	if (!msg)
		return;
	nla_put_string(msg, NFTA_CHAIN_TABLE, "check");
	nla_put_string(msg, NFTA_CHAIN_NAME, "in");
	hook = nla_nest_start(msg, NFTA_CHAIN_HOOK);
	put_be32(msg, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN);
	put_be32(msg, NFTA_HOOK_PRIORITY, 0);
	nla_nest_end(msg, hook);
	put_be32(msg, NFTA_CHAIN_POLICY, NF_DROP);
	nla_put_string(msg, NFTA_CHAIN_TYPE, "filter");
	batch_put(b, msg);
}

/* A set of connections: two addresses, two ports. */
static void add_set(struct batch *b)
{
	static const uint32_t field[] = { 4, 2, 4, 2 };
	struct nl_msg *msg = nft(NFT_MSG_NEWSET, NLM_F_CREATE);
	struct nlattr *desc, *concat, *one;

	if (!msg)
		return;
	nla_put_string(msg, NFTA_SET_TABLE, "check");
	nla_put_string(msg, NFTA_SET_NAME, "connections");
	put_be32(msg, NFTA_SET_ID, 1);
	put_be32(msg, NFTA_SET_FLAGS, NFT_SET_CONCAT);
	put_be32(msg, NFTA_SET_KEY_TYPE, 0);
	put_be32(msg, NFTA_SET_KEY_LEN, 4 * sizeof(uint32_t));
	desc = nla_nest_start(msg, NFTA_SET_DESC);
	concat = nla_nest_start(msg, NFTA_SET_DESC_CONCAT);
	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		one = nla_nest_start(msg, NFTA_LIST_ELEM);
		put_be32(msg, NFTA_SET_FIELD_LEN, field[i]);
		nla_nest_end(msg, one);
	}
	nla_nest_end(msg, concat);
	nla_nest_end(msg, desc);
	batch_put(b, msg);
}

static void begin(struct batch *b, struct nl_sock *nl)
{
	b->nl = nl;
	b->n = 0;
	batch_mark(b, NFNL_MSG_BATCH_BEGIN);
}

/* The answer to what is behind the batch comes when it has taken effect, or been refused. */
static int commit(struct batch *b)
{
	struct nl_msg *msg;
	int r;

	batch_mark(b, NFNL_MSG_BATCH_END);
	r = nl_sendto(b->nl, b->bytes, b->n);
	if (r < 0)
		return -EIO;
	msg = nft(NFT_MSG_GETGEN, 0);
	return msg ? netlink_send(b->nl, msg, NULL, NULL) : -ENOMEM;
}

static int found(struct nl_msg *msg, void *arg)
{
	*(bool *)arg = true;
	return NL_OK;
}

static enum answer make_table(void)
{
	_cleanup_netlink_ struct nl_sock *nl = netlink_open(NETLINK_NETFILTER);
	struct nl_msg *msg;
	bool there = false;
	struct batch b;
	int r;

	if (!nl)
		return NO;
	nl_socket_disable_seq_check(nl);
	begin(&b, nl);
	add_table(&b);
	r = commit(&b);
	if (r < 0)
		return no_err(r, "a table");
	msg = nft(NFT_MSG_GETTABLE, 0);
	if (!msg)
		return no_err(-ENOMEM, "a message");
	nla_put_string(msg, NFTA_TABLE_NAME, "check");
	r = netlink_send(nl, msg, found, &there);
	if (r < 0)
		return no_err(r, "to read a table");
	return there ? YES : no("a table is not told");
}

FEATURE(nftables, UNUSED, "rules of nftables", "CONFIG_NF_TABLES_INET, CAP_NET_ADMIN")
{
	return apart(CLONE_NEWNET, make_table);
}

static enum answer lock_network(void)
{
	_cleanup_netlink_ struct nl_sock *nl = netlink_open(NETLINK_NETFILTER);
	struct batch b;
	int r;

	if (!nl)
		return NO;
	nl_socket_disable_seq_check(nl);
	begin(&b, nl);
	add_table(&b);
	add_chain(&b);
	r = commit(&b);
	if (r < 0)
		return no_err(r, "a chain that drops packets");
	begin(&b, nl);
	add_set(&b);
	r = commit(&b);
	return r < 0 ? no_err(r, "a set of connections") : YES;
}

FEATURE(network_lock_nftables, UNUSED, "holding connections still while their sockets are dumped",
	"CONFIG_NF_TABLES_INET, Linux 5.6, CAP_NET_ADMIN")
{
	return apart(CLONE_NEWNET, lock_network);
}
