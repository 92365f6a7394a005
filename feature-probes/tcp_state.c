// SPDX-License-Identifier: GPL-2.0-only
/* What else there is of a TCP connection: told by TCP_INFO, or kept to itself. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/ioctl.h>

#include "frame/net.h"
#include "probe.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif
#define OFF_NO_WINDOW_PROBE -1 /* TCP_REPAIR_OFF_NO_WP */

static int set(int sk, int option, int value)
{
	return setsockopt(sk, SOL_TCP, option, &value, sizeof(value));
}

static struct tcp_info info_of(int sk)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	NEED(getsockopt(sk, SOL_TCP, TCP_INFO, &info, &len));
	return info;
}

static int listener_at(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int sk = NEED(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	NEED(bind(sk, (struct sockaddr *)addr, len));
	NEED(listen(sk, 4));
	NEED(getsockname(sk, (struct sockaddr *)addr, &len));
	return sk;
}

static void connection(int sk[2])
{
	struct sockaddr_in addr;
	int listener = listener_at(&addr);

	sk[0] = NEED(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	NEED(connect(sk[0], (struct sockaddr *)&addr, sizeof(addr)));
	sk[1] = NEED(accept(listener, NULL, NULL));
	close(listener);
}

PROBE(info, .what = "TCP_INFO tells state and options of a connection, in repair mode as well",
      .since = "2.4", .kconfig = "CONFIG_INET", .source = "tcp(7)")
{
	int sk[2];
	struct tcp_info info;

	quiet_network();
	connection(sk);
	info = info_of(sk[0]);
	PROMISE_EQ(info.tcpi_state, 1);
	PROMISE_EQ(info.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE),
		   TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
	NEED(shutdown(sk[0], SHUT_WR));
	for (int i = 0; i < 1000 && info_of(sk[1]).tcpi_state == 1; i++)
		usleep(1000);
	PROMISE_EQ(info_of(sk[1]).tcpi_state, 8);
	if (have_cap(CAP_NET_ADMIN) && set(sk[1], TCP_REPAIR, 1) == 0) {
		PROMISE_EQ(info_of(sk[1]).tcpi_state, 8);
		NEED(set(sk[1], TCP_REPAIR, OFF_NO_WINDOW_PROBE));
	}
}

/* TCP segments from a port that a packet socket has seen so far. */
static int segments(int packets, uint16_t port)
{
	unsigned char bytes[256];
	int n = 0;
	ssize_t got;

	while ((got = recv(packets, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		const struct iphdr *ip = (void *)bytes;
		const uint16_t *tcp = (void *)(bytes + ip->ihl * 4);

		n += got > 40 - 1 && ip->protocol == IPPROTO_TCP && tcp[0] == port;
	}
	/* Each is seen twice on loopback: on its way out, and in. */
	return n / 2;
}

PROBE(repair_off,
      .what = "leaving repair mode sends one segment, or with TCP_REPAIR_OFF_NO_WP none",
      .since = "4.19", .commit = "31048d7aedf8", .kconfig = "CONFIG_INET CONFIG_PACKET",
      .capability = "CAP_NET_ADMIN", .source = "net/ipv4/tcp.c")
{
	struct sockaddr_in local;
	socklen_t len = sizeof(local);
	int sk[2], packets;

	own_network();
	need_privilege("CAP_NET_RAW");
	packets = OFFERED(socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)), "packet sockets",
			  EAFNOSUPPORT);
	connection(sk);
	NEED(getsockname(sk[0], (struct sockaddr *)&local, &len));
	segments(packets, local.sin_port);
	NEED(set(sk[0], TCP_REPAIR, 1));
	OFFERED(set(sk[0], TCP_REPAIR, OFF_NO_WINDOW_PROBE), "TCP_REPAIR_OFF_NO_WP", EINVAL);
	PROMISE_EQ(segments(packets, local.sin_port), 0);
	NEED(set(sk[0], TCP_REPAIR, 1));
	NEED(set(sk[0], TCP_REPAIR, 0));
	PROMISE_GE(segments(packets, local.sin_port), 1);
}

PROBE(fastopen_key,
      .what = "the keys a listener makes fast-open cookies with are set and read back",
      .since = "5.3", .commit = "9092a76d3cf8", .kconfig = "CONFIG_INET", .source = "tcp(7)")
{
	struct sockaddr_in addr;
	int sk = listener_at(&addr);
	char keys[32], got[64] = "";
	socklen_t len = sizeof(got);

	for (size_t i = 0; i < sizeof(keys); i++)
		keys[i] = i + 1;
	OFFERED(setsockopt(sk, SOL_TCP, TCP_FASTOPEN_KEY, keys, sizeof(keys)),
		"keys of TCP_FASTOPEN_KEY, two of them", ENOPROTOOPT, EINVAL);
	NEED(getsockopt(sk, SOL_TCP, TCP_FASTOPEN_KEY, got, &len));
	PROMISE_EQ(len, sizeof(keys));
	PROMISE_MEM(got, keys, sizeof(keys));
	NEED(set(sk, TCP_FASTOPEN, 7));
	len = sizeof(int);
	NEED(getsockopt(sk, SOL_TCP, TCP_FASTOPEN, got, &len));
	PROMISE_EQ(*(int *)got, 7);
}

GAP(congestion,
    .what = "nobody sets what a connection has learnt of its path: window, threshold, times",
    .kconfig = "CONFIG_INET", .source = "tcp(7)")
{
	struct tcp_info info;
	int sk[2];
	char cc[64];
	socklen_t len = sizeof(cc);

	quiet_network();
	connection(sk);
	info = info_of(sk[0]);
	PROMISE_GT(info.tcpi_snd_cwnd, 0);
	info.tcpi_snd_cwnd += 7;
	TRIED_TO("setsockopt TCP_INFO", setsockopt(sk[0], SOL_TCP, TCP_INFO, &info, sizeof(info)));
	if (getsockopt(sk[0], SOL_TCP, TCP_CC_INFO, cc, &len) == 0)
		TRIED_TO("setsockopt TCP_CC_INFO",
			 setsockopt(sk[0], SOL_TCP, TCP_CC_INFO, cc, len));
}

static ino_t unaccepted_inode;
static uint16_t port_wanted;
static bool seen;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	const struct inet_diag_msg *m = NLMSG_DATA(msg);

	if (m->id.idiag_sport == port_wanted && m->idiag_state == 1) {
		seen = true;
		unaccepted_inode = m->idiag_inode;
	}
}

GAP(unaccepted, .what = "nobody reaches into a connection that was not accepted yet",
    .kconfig = "CONFIG_INET CONFIG_INET_DIAG", .source = "accept(2), sock_diag(7)")
{
	struct inet_diag_req_v2 req = { .sdiag_family = AF_INET,
					.sdiag_protocol = IPPROTO_TCP,
					.idiag_states = ~0U };
	struct netlink_request r;
	struct sockaddr_in addr;
	int listener, client;
	char byte;

	quiet_network();
	listener = listener_at(&addr);
	port_wanted = addr.sin_port;
	client = NEED(socket(AF_INET, SOCK_STREAM, 0));
	NEED(connect(client, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(send(client, "data", 4, 0));
	netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	OFFERED(netlink_ask(NEED(netlink_open(NETLINK_SOCK_DIAG)), &r, keep, NULL),
		"sock_diag of TCP", ENOENT);
	PROMISE(seen);
	if (unaccepted_inode)
		NEW("sock_diag has inode %lu for it", (long)unaccepted_inode);
	TRIED("sock_diag: it is there, without an inode");
	TRIED_TO("recv from the listener", recv(listener, &byte, 1, MSG_PEEK | MSG_DONTWAIT));
	TRIED_TO("TCP_REPAIR of the listener", set(listener, TCP_REPAIR, 1));
	TRIED_TO("a flag of accept4 unknown yet", accept4(listener, NULL, NULL, 1 << 20));
}

static bool waiting;

static void look_for_waiting(const struct nlmsghdr *msg, void *unused)
{
	const struct inet_diag_msg *m = NLMSG_DATA(msg);

	waiting |= m->id.idiag_sport == port_wanted && m->idiag_state == 6 && !m->idiag_inode;
}

GAP(time_wait, .what = "nobody makes a connection that waits for its time to be over",
    .kconfig = "CONFIG_INET CONFIG_INET_DIAG", .source = "tcp(7), sock_diag(7)")
{
	struct inet_diag_req_v2 req = { .sdiag_family = AF_INET,
					.sdiag_protocol = IPPROTO_TCP,
					.idiag_states = ~0U };
	struct sockaddr_in local;
	socklen_t len = sizeof(local);
	struct netlink_request r;
	int sk[2], nl;

	quiet_network();
	connection(sk);
	NEED(getsockname(sk[0], (struct sockaddr *)&local, &len));
	port_wanted = local.sin_port;
	close(sk[0]);
	close(sk[1]);
	nl = NEED(netlink_open(NETLINK_SOCK_DIAG));
	for (int i = 0; i < 2000 && !waiting; i++) {
		netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
		OFFERED(netlink_ask(nl, &r, look_for_waiting, NULL), "sock_diag of TCP", ENOENT);
		usleep(1000);
	}
	PROMISE(waiting);
	TRIED("sock_diag: it is there, without an inode");
	for (int type = 22; type < 26; type++) {
		netlink_begin(&r, type, 0, &req, sizeof(req));
		TRIED_TO("a message of sock_diag unknown yet", netlink_ask(nl, &r, NULL, NULL));
	}
}
