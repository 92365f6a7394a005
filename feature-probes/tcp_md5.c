// SPDX-License-Identifier: GPL-2.0-only
/* TCP connections signed with MD5, by keys that only sock_diag tells. */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include "frame/net.h"
#include "probe.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif

static struct inet_diag_md5sig_ {
	uint8_t family, prefix;
	uint16_t keylen;
	uint32_t addr[4];
	uint8_t key[80];
} told;

static int keys;
static uint16_t port_wanted;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	const struct inet_diag_msg *m = NLMSG_DATA(msg);
	const struct nlattr *a = netlink_attr(msg, sizeof(*m), INET_DIAG_MD5SIG);

	if (m->id.idiag_sport != port_wanted || !a)
		return;
	keys = netlink_size(a) / sizeof(told);
	memcpy(&told, netlink_data(a), MIN(sizeof(told), netlink_size(a)));
}

static void look(void)
{
	struct inet_diag_req_v2 req = { .sdiag_family = AF_INET,
					.sdiag_protocol = IPPROTO_TCP,
					/* As an auxiliary of TCP_INFO. */
					.idiag_ext = 1 << (INET_DIAG_INFO - 1),
					.idiag_states = ~0U };
	struct netlink_request r;
	int nl = NEED(netlink_open(NETLINK_SOCK_DIAG));

	keys = 0;
	netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	OFFERED(netlink_ask(nl, &r, keep, NULL), "sock_diag of TCP", ENOENT);
	close(nl);
}

/* A listener that takes signed connections of one address. */
static int signed_listener(void)
{
	struct tcp_md5sig md5 = { .tcpm_keylen = 6 };
	struct sockaddr_in addr = { .sin_family = AF_INET },
			   *peer = (struct sockaddr_in *)&md5.tcpm_addr;
	socklen_t len = sizeof(addr);
	int sk = NEED(socket(AF_INET, SOCK_STREAM, 0));

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*peer = addr;
	memcpy(md5.tcpm_key, "secret", 6);
	NEED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)));
	OFFERED(setsockopt(sk, SOL_TCP, TCP_MD5SIG, &md5, sizeof(md5)), "TCP_MD5SIG", ENOPROTOOPT);
	NEED(listen(sk, 1));
	NEED(getsockname(sk, (struct sockaddr *)&addr, &len));
	port_wanted = addr.sin_port;
	return sk;
}

PROBE(diag, .what = "sock_diag tells the keys of a signed socket, bytes and all, to who may",
      .since = "4.14", .commit = "c03fa9bcacd9",
      .kconfig = "CONFIG_TCP_MD5SIG CONFIG_INET_TCP_DIAG", .capability = "CAP_NET_ADMIN",
      .source = "linux/inet_diag.h")
{
	own_network();
	need_privilege("CAP_NET_ADMIN");
	signed_listener();
	look();
	if (!keys)
		ABSENT("sock_diag does not tell MD5 keys");
	PROMISE_EQ(keys, 1);
	PROMISE_EQ(told.family, AF_INET);
	PROMISE_EQ(told.prefix, 32);
	PROMISE_EQ(told.addr[0], htonl(INADDR_LOOPBACK));
	PROMISE_EQ(told.keylen, 6);
	PROMISE_MEM(told.key, "secret", 6);
}

PROBE(diag_secret, .what = "sock_diag tells the keys of a signed socket to nobody else",
      .since = "4.14", .commit = "c03fa9bcacd9",
      .kconfig = "CONFIG_TCP_MD5SIG CONFIG_INET_TCP_DIAG", .source = "linux/inet_diag.h")
{
	pid_t pid;

	quiet_network();
	signed_listener();
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		look();
		PROMISE_EQ(keys, 0);
		_exit(0);
	}
	reap_good(pid);
}

GAP(get, .what = "no socket option reads the keys of a signed socket",
    .kconfig = "CONFIG_TCP_MD5SIG", .source = "tcp(7)")
{
	struct tcp_md5sig md5;
	socklen_t len = sizeof(md5);
	int sk;

	quiet_network();
	sk = signed_listener();
	TRIED_TO("getsockopt TCP_MD5SIG", getsockopt(sk, SOL_TCP, TCP_MD5SIG, &md5, &len));
	TRIED_TO("getsockopt TCP_MD5SIG_EXT", getsockopt(sk, SOL_TCP, TCP_MD5SIG_EXT, &md5, &len));
}
