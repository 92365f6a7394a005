// SPDX-License-Identifier: GPL-2.0-only
/* nf_tables: holding a network still while its sockets are taken apart. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_NF_TABLES CONFIG_NF_TABLES_IPV4",                     \
	.capability = "CAP_NET_ADMIN", .source = "nft(8), linux/netfilter/nf_tables.h"

/* Requests that take effect together or not at all. */
struct batch {
	char bytes[8192];
	size_t size;
	uint32_t seq;
};

static void add(struct batch *b, struct netlink_request *r)
{
	r->head.nlmsg_seq = ++b->seq;
	memcpy(b->bytes + b->size, r, r->head.nlmsg_len);
	b->size += NLMSG_ALIGN(r->head.nlmsg_len);
}

static void begin_message(struct netlink_request *r, int type, int flags, int family, int id)
{
	struct nfgenmsg gen = { .nfgen_family = family,
				.version = NFNETLINK_V0,
				.res_id = htons(id) };

	netlink_begin(r, type, flags, &gen, sizeof(gen));
}

static void begin(struct batch *b)
{
	struct netlink_request r;

	memset(b, 0, sizeof(*b));
	begin_message(&r, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	add(b, &r);
}

static void begin_nft(struct netlink_request *r, int type, int flags)
{
	begin_message(r, NFNL_SUBSYS_NFTABLES << 8 | type, flags, NFPROTO_IPV4, 0);
}

static void put_text(struct netlink_request *r, int type, const char *text)
{
	netlink_put(r, type, text, strlen(text) + 1);
}

static void put_be32(struct netlink_request *r, int type, uint32_t value)
{
	value = htonl(value);
	netlink_put(r, type, &value, sizeof(value));
}

/* Sends it and hears what came of it: 0, or -1 and the first error's errno. */
static int commit(struct batch *b)
{
	const struct timeval second = { .tv_sec = 2 };
	static char answers[1 << 15];
	int nl = NEED(netlink_open(NETLINK_NETFILTER)), err = 0;
	struct netlink_request r;
	ssize_t n;

	begin_message(&r, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	add(b, &r);
	/* One more that is answered whatever came before: then all has been said. */
	begin_nft(&r, NFT_MSG_GETGEN, NLM_F_ACK);
	r.head.nlmsg_seq = ~0U;
	NEED(setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)));
	NEED(send(nl, b->bytes, b->size, 0));
	NEED(send(nl, &r, r.head.nlmsg_len, 0));
	for (;;) {
		n = NEED(recv(nl, answers, sizeof(answers), 0));
		for (struct nlmsghdr *m = (void *)answers; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
			if (m->nlmsg_type != NLMSG_ERROR)
				continue;
			if (m->nlmsg_seq == ~0U) {
				close(nl);
				errno = err;
				return err ? -1 : 0;
			}
			if (!err)
				err = -((struct nlmsgerr *)NLMSG_DATA(m))->error;
		}
	}
}

static void add_table(struct batch *b)
{
	struct netlink_request r;

	begin_nft(&r, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK);
	put_text(&r, NFTA_TABLE_NAME, "probe");
	add(b, &r);
}

static void need_nft(int r)
{
	OFFERED(r, "nf_tables", EINVAL, EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT, ENOENT);
}

static int send_a_packet(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(9) };
	_cleanup_close_ int sk = NEED(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sendto(sk, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr));
}

/* netlink_open() where netfilter may be no protocol at all. */
static void own_nft(void)
{
	int sk;

	own_network();
	sk = OFFERED(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), "netfilter netlink",
		     EPROTONOSUPPORT);
	close(sk);
}

PROBE(lock,
      .what = "a chain that drops everything holds a namespace's traffic, till its table is deleted",
      DECLARED("3.13"))
{
	struct netlink_request r;
	struct nlattr *hook;
	struct batch b;

	own_nft();
	NEED(send_a_packet());
	begin(&b);
	add_table(&b);
	begin_nft(&r, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
	put_text(&r, NFTA_CHAIN_TABLE, "probe");
	put_text(&r, NFTA_CHAIN_NAME, "out");
	hook = netlink_nest(&r, NFTA_CHAIN_HOOK);
	put_be32(&r, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
	put_be32(&r, NFTA_HOOK_PRIORITY, 0);
	netlink_nest_end(&r, hook);
	put_be32(&r, NFTA_CHAIN_POLICY, NF_DROP);
	put_text(&r, NFTA_CHAIN_TYPE, "filter");
	add(&b, &r);
	need_nft(commit(&b));
	PROMISE_FAILS(send_a_packet(), EPERM);
	begin(&b);
	begin_nft(&r, NFT_MSG_DELTABLE, NLM_F_ACK);
	put_text(&r, NFTA_TABLE_NAME, "probe");
	add(&b, &r);
	NEED(commit(&b));
	NEED(send_a_packet());
}

/* A set of IPv4 addresses with ports: keys of two parts. */
static void add_concat_set(struct batch *b)
{
	struct netlink_request r;
	struct nlattr *desc, *concat, *field;

	begin_nft(&r, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_ACK);
	put_text(&r, NFTA_SET_TABLE, "probe");
	put_text(&r, NFTA_SET_NAME, "connections");
	put_be32(&r, NFTA_SET_ID, 1);
	put_be32(&r, NFTA_SET_FLAGS, NFT_SET_CONCAT);
	/* As nft numbers types: an address, a service, six bits each. */
	put_be32(&r, NFTA_SET_KEY_TYPE, 7 << 6 | 13);
	put_be32(&r, NFTA_SET_KEY_LEN, 8);
	desc = netlink_nest(&r, NFTA_SET_DESC);
	concat = netlink_nest(&r, NFTA_SET_DESC_CONCAT);
	for (int i = 0; i < 2; i++) {
		field = netlink_nest(&r, NFTA_LIST_ELEM);
		put_be32(&r, NFTA_SET_FIELD_LEN, i ? 2 : 4);
		netlink_nest_end(&r, field);
	}
	netlink_nest_end(&r, concat);
	netlink_nest_end(&r, desc);
	add(b, &r);
}

static int elements;

static void count_elements(const struct nlmsghdr *msg, void *unused)
{
	const struct nlattr *list =
		netlink_attr(msg, sizeof(struct nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);

	for (size_t at = NLA_HDRLEN; list && at + NLA_HDRLEN <= list->nla_len;) {
		const struct nlattr *e = (const void *)((const char *)list + at);

		elements++;
		at += NLA_ALIGN(e->nla_len);
	}
}

PROBE(concat_set, .what = "a set of addresses with ports is made, filled, and read back",
      .since = "5.6", .commit = "f3a2181e16f1", .kconfig = "CONFIG_NF_TABLES",
      .capability = "CAP_NET_ADMIN", .source = "nft(8)")
{
	struct netlink_request r;
	struct nlattr *list, *element, *key;
	struct batch b;

	own_nft();
	begin(&b);
	add_table(&b);
	need_nft(commit(&b));
	begin(&b);
	add_concat_set(&b);
	OFFERED(commit(&b), "sets of concatenated keys", EINVAL, EOPNOTSUPP);
	begin(&b);
	begin_nft(&r, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_ACK);
	put_text(&r, NFTA_SET_ELEM_LIST_TABLE, "probe");
	put_text(&r, NFTA_SET_ELEM_LIST_SET, "connections");
	list = netlink_nest(&r, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (unsigned char i = 0; i < 3; i++) {
		unsigned char bytes[8] = { 10, 0, 0, i, 0x1f, 0x90 };

		element = netlink_nest(&r, NFTA_LIST_ELEM);
		key = netlink_nest(&r, NFTA_SET_ELEM_KEY);
		netlink_put(&r, NFTA_DATA_VALUE, bytes, sizeof(bytes));
		netlink_nest_end(&r, key);
		netlink_nest_end(&r, element);
	}
	netlink_nest_end(&r, list);
	add(&b, &r);
	NEED(commit(&b));
	begin_nft(&r, NFT_MSG_GETSETELEM, NLM_F_DUMP);
	put_text(&r, NFTA_SET_ELEM_LIST_TABLE, "probe");
	put_text(&r, NFTA_SET_ELEM_LIST_SET, "connections");
	NEED(netlink_ask(NEED(netlink_open(NETLINK_NETFILTER)), &r, count_elements, NULL));
	PROMISE_EQ(elements, 3);
}

PROBE(atomic, .what = "of a batch of which one part is refused nothing takes effect",
      DECLARED("3.13"))
{
	struct netlink_request r;
	struct batch b;

	own_nft();
	begin(&b);
	add_table(&b);
	begin_nft(&r, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
	put_text(&r, NFTA_CHAIN_TABLE, "no such table");
	put_text(&r, NFTA_CHAIN_NAME, "out");
	add(&b, &r);
	PROMISE(commit(&b) < 0);
	if (errno != ENOENT)
		need_nft(-1);
	begin_nft(&r, NFT_MSG_GETTABLE, 0);
	put_text(&r, NFTA_TABLE_NAME, "probe");
	PROMISE(netlink_ask(NEED(netlink_open(NETLINK_NETFILTER)), &r, NULL, NULL) < 0);
	PROMISE_EQ(errno, ENOENT);
	begin(&b);
	add_table(&b);
	need_nft(commit(&b));
}

PROBE(compat,
      .what = "rules of iptables in nf_tables come and go without a warning of the kernel's",
      .since = "3.17", .kconfig = "CONFIG_NFT_COMPAT CONFIG_NETFILTER_XT_MATCH_COMMENT",
      .capability = "CAP_NET_ADMIN", .source = "net/netfilter/nft_compat.c",
      .guards = "nft-compat-refcount")
{
	unsigned long before = taint();
	pid_t pid = spawn();

	if (pid == 0) {
		const char comment[256] = "a comment";
		struct nlattr *list, *expr, *data;
		struct netlink_request r;
		struct batch b;

		own_nft();
		begin(&b);
		add_table(&b);
		begin_nft(&r, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
		put_text(&r, NFTA_CHAIN_TABLE, "probe");
		put_text(&r, NFTA_CHAIN_NAME, "chain");
		add(&b, &r);
		need_nft(commit(&b));
		for (int i = 0; i < 3; i++) {
			begin(&b);
			begin_nft(&r, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK);
			put_text(&r, NFTA_RULE_TABLE, "probe");
			put_text(&r, NFTA_RULE_CHAIN, "chain");
			list = netlink_nest(&r, NFTA_RULE_EXPRESSIONS);
			expr = netlink_nest(&r, NFTA_LIST_ELEM);
			put_text(&r, NFTA_EXPR_NAME, "match");
			data = netlink_nest(&r, NFTA_EXPR_DATA);
			put_text(&r, NFTA_MATCH_NAME, "comment");
			put_be32(&r, NFTA_MATCH_REV, 0);
			netlink_put(&r, NFTA_MATCH_INFO, comment, sizeof(comment));
			netlink_nest_end(&r, data);
			netlink_nest_end(&r, expr);
			netlink_nest_end(&r, list);
			add(&b, &r);
			OFFERED(commit(&b), "matches of iptables in nf_tables", ENOENT, EOPNOTSUPP);
			begin(&b);
			begin_nft(&r, NFT_MSG_DELRULE, NLM_F_ACK);
			put_text(&r, NFTA_RULE_TABLE, "probe");
			put_text(&r, NFTA_RULE_CHAIN, "chain");
			add(&b, &r);
			NEED(commit(&b));
		}
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(taint(), before);
}

PROBE(refused, .what = "without CAP_NET_ADMIN nf_tables changes nothing: EPERM", .since = "3.13",
      .kconfig = "CONFIG_NF_TABLES", .source = "net/netfilter/nfnetlink.c")
{
	pid_t pid = spawn();

	if (pid == 0) {
		struct netlink_request r;
		int nl;

		lose_privileges();
		nl = OFFERED(netlink_open(NETLINK_NETFILTER), "netfilter netlink", EPROTONOSUPPORT);
		begin_nft(&r, NFT_MSG_GETTABLE, NLM_F_DUMP);
		PROMISE(netlink_ask(nl, &r, NULL, NULL) < 0);
		PROMISE_EQ(errno, EPERM);
		_exit(0);
	}
	reap_good(pid);
}
